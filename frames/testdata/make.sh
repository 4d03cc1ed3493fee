#!/bin/sh
# Makes the encoder outputs in this folder: chords and noise of a second or
# two, so that LAME uses its bit reservoir. Needs sox and lame.
set -eu
cd "$(dirname "$0")"
sound() { # rate channels seconds
  sox -q -n -r "$1" -c "$2" -b 16 -t wav - synth "$3" pluck A3 pluck E4 pluck C5 whitenoise tremolo 3 100 gain -12
}
sound 44100 2 4 | lame --quiet -t -b 128 --noreplaygain - cbr-128-44100-stereo.mp3
sound 44100 2 3 | lame --quiet -V 5 --noreplaygain - vbr-xing-44100-stereo.mp3
sound 22050 1 4 | lame --quiet -t -b 32 --noreplaygain - cbr-32-22050-mono.mp3
sound 8000 1 4 | lame --quiet -t -b 16 --noreplaygain - cbr-16-8000-mono.mp3
sound 48000 2 3 | lame --quiet -t -p -b 96 --resample 48 --noreplaygain - crc-96-48000-stereo.mp3
sound 44100 2 2 | lame --quiet --tt Title --ta Artist --add-id3v2 -b 64 --resample 44.1 --noreplaygain - tags-64-44100-stereo.mp3
