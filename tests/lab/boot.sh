#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# boot.sh - a stock Debian kernel with kvm-amd under QEMU's software emulation, and sim in it
#
#   boot.sh SIM CACHE SCRIPT [FILE...]    runs SCRIPT (busybox sh) in it and prints its console
#
# The kernel is Debian's cloud image, downloaded and unpacked into CACHE, never installed. FILEs lie
# in its root directory, /vmlinuz is the kernel. Instructions are the clock (-icount): what happens
# in it does not depend on how busy this machine is. LAB_CLOCK=real: this machine's clock is; a
# guest as large as a Linux does not get far by instructions (linux.sh says why).
# Exit status 3 and one line: something is missing.
set -euo pipefail

sim=$1 cache=$2 script=$3
shift 3
seconds=${LAB_SECONDS:-150} # before it is given up
clock=(-icount 'shift=3,sleep=off')
[[ ${LAB_CLOCK:-} != real ]] || clock=()

missing() {
    printf 'boot.sh: %s\n' "$1" >&2
    exit 3
}

for program in qemu-system-x86_64 busybox cpio dpkg-deb apt-get apt-cache; do
    command -v "$program" >/dev/null || missing "no $program"
done
mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ---- the kernel: CACHE/NAME holds vmlinuz and three modules ----

package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[[ $package ]] || missing 'apt knows no linux-image-cloud-amd64'
kernel=$cache/$package
if [[ ! -f $kernel/kvm-amd.ko ]]; then
    (cd "$work" && apt-get download -qq "$package") >"$work/log" 2>&1 ||
        missing "cannot download $package: $(tail -n 1 "$work/log")"
    mkdir "$work/kernel"
    dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb |
        tar -x -C "$work/kernel" --strip-components=1 --wildcards './boot/vmlinuz-*' \
            '*/irqbypass.ko' '*/kvm.ko' '*/kvm-amd.ko'
    rm -rf "$kernel"
    mkdir "$kernel"
    find "$work/kernel" -name '*.ko' -exec mv -t "$kernel" {} +
    mv "$work"/kernel/boot/vmlinuz-* "$kernel/vmlinuz"
fi

# ---- what it boots into ----

pack() { # FILE: at the same place, with its libraries
    local file

    for file in "$1" $(ldd "$1" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'); do
        mkdir -p "$work/root$(dirname "$file")"
        cp -L "$file" "$work/root$file"
    done
}

mkdir -p "$work/root"/{bin,dev,proc,sys,tmp,mod}
cp "$(command -v busybox)" "$work/root/bin/busybox"
pack "$(readlink -f "$sim")"
ln -s "$(readlink -f "$sim")" "$work/root/bin/sim"
cp "$kernel"/*.ko "$work/root/mod/"
cp "$kernel/vmlinuz" "$work/root/"
cp "$script" "$work/root/script"
(($# == 0)) || cp "$@" "$work/root/"
cat >"$work/root/init" <<'EOF'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tracefs trace /sys/kernel/tracing
dmesg -n 1
for m in irqbypass kvm kvm-amd; do insmod /mod/$m.ko || echo "LAB: no $m"; done
echo "LAB: Linux $(uname -r), up $(cut -d ' ' -f 1 /proc/uptime) s"
. /script
echo "LAB: end, up $(cut -d ' ' -f 1 /proc/uptime) s"
poweroff -f
EOF
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"

# ---- and off ----

words='console=ttyS0 quiet panic=-1 mitigations=off nokaslr norandmaps tsc=reliable no_timer_check'
status=0
timeout "$seconds" qemu-system-x86_64 -accel tcg "${clock[@]}" \
    -rtc base=2024-01-01,clock=vm -seed 1 -cpu max -m 512 -smp 1 -nodefaults -no-reboot \
    -display none -serial stdio -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
    -append "$words" \
    </dev/null 2>&1 | tr -d '\r' || status=$?
if ((status == 124)); then
    printf 'boot.sh: given up after %d s\n' "$seconds" >&2
fi
exit "$status"
