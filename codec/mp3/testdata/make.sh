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
sound 44100 2 1 | lame --quiet -t -b 224 --noreplaygain - cbr-224-44100-stereo.mp3

# Noise, a quiet pause, music, digital silence and words, a second each.
pauses() { # rate channels
  for part in "pinknoise gain -10" "pinknoise gain -55" "pluck A3 pluck E4 pluck C5 gain -10" "sine 440 vol 0" "whitenoise band 800 300 tremolo 5 60 gain -14"; do
    sox -q -n -r "$1" -c "$2" -b 16 -t raw - synth 1 $part
  done | sox -q -t raw -r "$1" -c "$2" -b 16 -e signed - -t wav -
}
pauses 44100 2 | lame --quiet --abr 64 -m j --resample 44.1 --noreplaygain - pauses-abr-64-44100-stereo.mp3
pauses 22050 1 | lame --quiet -b 24 --noreplaygain - pauses-24-22050-mono.mp3
pauses 16000 1 | lame --quiet -V 6 --resample 16 --noreplaygain - pauses-vbr-16000-mono.mp3
pauses 44100 2 | ffmpeg -v error -f wav -i - -c:a libshine -b:a 64k -y pauses-shine-64-44100-stereo.mp3
