#!/bin/sh
# Makes the encoder outputs in this folder: chords and noise of a second or
# two. Needs ffmpeg.
set -eu
cd "$(dirname "$0")"
encode() { # name seconds rate layout bit rate, then more options
  name=$1 seconds=$2 rate=$3 layout=$4 bits=$5
  shift 5
  ffmpeg -v error -f lavfi -i "aevalsrc=0.2*sin(2*PI*220*t)*(1+sin(2*PI*3*t))+0.1*sin(2*PI*554*t)+0.05*sin(2*PI*1760*t)+0.03*random(0):s=$rate" \
    -t "$seconds" -af "aformat=sample_rates=$rate,pan=$layout|$(pan "$layout")" -c:a aac -b:a "$bits" "$@" -bitexact -f adts -y "$name.aac"
}
pan() { # a copy of the sound for each channel
  case $1 in
  mono) n=1 ;; stereo) n=2 ;; 3.0) n=3 ;; 4.0 | quad) n=4 ;; 5.0) n=5 ;; 5.1) n=6 ;; *) n=8 ;;
  esac
  i=0
  while [ $i -lt $n ]; do
    printf 'c%d=%s*c0' $i "0.$((9 - i))"
    i=$((i + 1))
    [ $i -eq $n ] || printf '|'
  done
}
encode 128-44100-stereo 2 44100 stereo 128k
encode 64-48000-mono 2 48000 mono 64k
encode 32-22050-mono 3 22050 mono 32k
encode 48-24000-stereo 3 24000 stereo 48k
encode 16-8000-mono 4 8000 mono 16k
encode 192-96000-stereo 1 96000 stereo 192k
encode 96-48000-3.0 1 48000 3.0 96k
encode 96-48000-4.0 1 48000 4.0 96k
encode 128-48000-5.0 1 48000 5.0 128k
encode 160-48000-5.1 1 48000 5.1 160k
encode 160-48000-7.1 1 48000 7.1 160k
encode pce-96-48000-quad 1 48000 quad 96k
encode main-96-44100-stereo 1 44100 stereo 96k -profile:a aac_main
encode tags-64-32000-stereo 1 32000 stereo 64k -write_id3v2 1 -metadata title=Title
encode mpeg2-64-44100-stereo 1 44100 stereo 64k -profile:a mpeg2_aac_low -write_mpeg2 1
# What is not ADTS.
ffmpeg -v error -i 64-48000-mono.aac -c copy -t 0.5 -f latm -y latm.loas
ffmpeg -v error -i 64-48000-mono.aac -c copy -t 0.5 -bitexact -y file.m4a
ffmpeg -v error -i 64-48000-mono.aac -c copy -t 0.5 -bitexact -movflags frag_keyframe+empty_moov -bsf:a aac_adtstoasc -y fragmented.mp4
