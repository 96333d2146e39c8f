#!/bin/sh
# Makes the films that the sandbox delivers: one for each aspect and length, without sound,
# two frames a second, so that all of them together stay small.
# Needs ffmpeg with libx264. Run it in this folder.
set -eu

film() { # aspect, size, seconds
  corner="x0=0:y0=0:x1=${2%x*}:y1=${2#*x}"
  # filter_units drops the encoder's own description, which is larger than some frames.
  ffmpeg -nostdin -loglevel error -y \
    -f lavfi -i "gradients=size=$2:rate=2:duration=$3:c0=0x24315e:c1=0xe58f65:c2=0xf6d8ae:nb_colors=3:seed=7:$corner:speed=0.02" \
    -c:v libx264 -profile:v baseline -preset veryslow -crf 38 -pix_fmt yuv420p \
    -bsf:v filter_units=remove_types=6 -map_metadata -1 -fflags +bitexact -flags:v +bitexact \
    -movflags +faststart "$1-$3s.mp4"
}

for seconds in 4 8 12; do
  film 16x9 640x360 "$seconds"
  film 9x16 360x640 "$seconds"
  film 1x1 480x480 "$seconds"
  film 3x4 480x640 "$seconds"
done
