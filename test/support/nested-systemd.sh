#!/bin/bash
# A systemd of its own, in namespaces, over a throw-away copy of this machine's files: nested-systemd.sh FOLDER BINARY
# It shares the network, so that tests reach what runs in it. Nothing of the machine outside is changed. Root only.
set -eu
folder=$1 binary=$2
control=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
own=$control/ccb-test-$$
mkdir "$own"
clean() {
  # Its last processes end a moment after systemd.
  for _ in $(seq 50); do
    find "$own" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ -d "$own" ] || return 0
    sleep 0.1
  done
}
trap clean EXIT
export folder binary
(
  echo $BASHPID >"$own/cgroup.procs"
  exec unshare --mount --pid --fork --kill-child=KILL --cgroup --ipc --uts /bin/bash -euc '
    mount --make-rprivate /
    mount -t tmpfs -o mode=755 tmpfs "$folder"
    mkdir "$folder/upper" "$folder/work" "$folder/root"
    mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"
    install -m 0755 "$binary" "$folder/root/usr/local/bin/ccb"
    cd "$folder/root"
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs -o mode=1777 tmpfs tmp
    mount -t tmpfs -o mode=755 tmpfs var/lib
    mount -t tmpfs -o mode=755 tmpfs etc/systemd/system
    mount -t tmpfs -o mode=755 tmpfs etc/systemd/user
    mount -t tmpfs -o mode=755 tmpfs dev
    for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
    ln -s /proc/self/fd dev/fd
    mkdir dev/pts
    mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    mkdir dev/shm
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    # Long there on a real machine: the place where sandboxes are made, which an ordinary user cannot make.
    mkdir -p run/systemd/unit-root
    # Only what a test starts runs: nothing of the machine is pulled in.
    for target in sysinit basic network-online nss-lookup nested multi-user; do
      printf "[Unit]\nDefaultDependencies=no\n" >etc/systemd/system/$target.target
    done
    mkdir old
    pivot_root . old
    umount -l old
    # What systemd mounts for a credential has to reach the service.
    mount --make-rshared /
    exec /usr/bin/env -i container=ccb-test PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
      /lib/systemd/systemd --system --unit=nested.target --show-status=no --log-target=journal
  '
) &
echo "started $!"
# Killed is how it ends: the shell need not say so.
{ wait $! || true; } 2>/dev/null
