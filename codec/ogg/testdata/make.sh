#!/bin/sh
# Makes the encoder outputs in this folder: tones of about a second, in pieces as small as
# the encoders allow. Needs ffmpeg, opusenc, oggenc and flac.
set -eu
cd "$(dirname "$0")"
tone() { # frequency seconds rate channels
  ffmpeg -v error -f lavfi -i "sine=f=$1:r=$3:d=$2" -ac "$4" -c:a pcm_s16le -bitexact -f wav -
}
ogg() { # output frequency seconds rate channels codec options...
  out=$1 f=$2 d=$3 r=$4 ch=$5 c=$6
  shift 6
  ffmpeg -v error -f lavfi -i "sine=f=$f:r=$r:d=$d" -ac "$ch" -c:a "$c" "$@" -bitexact -y -f ogg "$out"
}
ogg opus-ffmpeg-1.ogg 440 1.01 48000 2 libopus -b:a 32k -metadata artist=Artist -metadata title=One
ogg opus-ffmpeg-2.ogg 660 1.33 48000 2 libopus -b:a 48k -metadata title=Two
ogg opus-mono.ogg 500 0.7 48000 1 libopus -b:a 16k -application voip -frame_duration 60
tone 550 1.2 44100 2 | opusenc --quiet --bitrate 32 --artist Artist --title "Opus tools" - opus-opusenc.ogg
tone 550 0.5 48000 6 | opusenc --quiet --bitrate 96 - opus-surround.ogg
ogg vorbis-ffmpeg-1.ogg 440 1.01 44100 2 libvorbis -q:a 0 -metadata artist=Artist -metadata title=One
ogg vorbis-ffmpeg-2.ogg 660 1.33 44100 2 libvorbis -q:a 0 -metadata title=Two
tone 550 1.2 44100 2 | oggenc --quiet -q 0 -a Artist -t "Vorbis tools" -o vorbis-oggenc.ogg -
tone 550 1 22050 1 | oggenc --quiet -q 0 -o vorbis-mono.ogg -
ogg flac-ffmpeg-1.ogg 440 0.6 44100 1 flac -metadata artist=Artist -metadata title=One
ogg flac-ffmpeg-2.ogg 660 0.7 44100 1 flac -metadata title=Two
tone 550 0.5 44100 1 | flac --silent --force --ogg --no-padding --no-seektable --ignore-chunk-sizes -T ARTIST=Artist -T "TITLE=FLAC tools" -o flac-flac.ogg -
tone 550 0.5 48000 2 | flac --silent --force --ogg --no-padding --no-seektable --ignore-chunk-sizes -b 1152 -o flac-stereo.ogg -
