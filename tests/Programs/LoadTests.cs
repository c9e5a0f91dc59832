using FlexFs.Harness;

namespace FlexFs.Programs;

/// <summary>Programs that are made to find errors of file systems.</summary>
public sealed class LoadTests(RestartingCluster shared) : RestartTests(shared)
{
    [Fact]
    public async Task Fio_verifies_what_it_wrote_on_its_own_mount_and_on_the_other()
    {
        Requirements.Programs("fio");
        await UnderRestartsAsync(
            """
            job() { # ENGINE SIZE NAME OPTIONS... FOLDER
              local name=$3 log; log=$t/fio-$name-$(basename $(dirname ${!#}))
              fio --name=$name --filename=${!#}/$name.$mount --ioengine=$1 --bs=$2 --rw=randwrite --size=${size:-16M} --verify=crc32c --verify_fatal=1 \
                --randseed=7 --iodepth=8 --allow_file_create=1 --fallocate=none "${@:4:$#-4}" >$log 2>&1 || { cat $log; exit 1; }
            }
            jobs_of() {
              mount=$(basename $(dirname $1)); [ ${2:-} ] && mount=$2
              job psync 4k small ${check:---do_verify=1 --fsync=64} $1
              job libaio 128k large ${check:---do_verify=1 --verify_backlog=16} $1
              size=8M job mmap 8k mapped ${check:---do_verify=1 --fsync=32} $1
              size=8M job psync 16k direct --direct=1 ${check:---do_verify=1} $1
            }
            again both jobs_of
            check=--verify_only; jobs_of $a $(basename $(dirname $b)); jobs_of $b $(basename $(dirname $a))
            """);
    }

    [Fact]
    public async Task Stress_ng_finds_no_error_with_its_file_system_stressors()
    {
        Requirements.Programs("stress-ng");
        await UnderRestartsAsync(
            """
            stress() {
              local options=() one folder=$1
              for one in access chdir chmod chown copy-file dentry dir dirdeep dup fallocate fcntl filename flock fpunch fstat getdent hdd iomix \
                link locka lockf lockofd mknod open rename seek symlink sync-file touch utime xattr; do options+=(--$one 1); done
              stress-ng --verify --temp-path $folder --timeout $((3 * scale)) --hdd-bytes 8M --iomix-bytes 8M --fallocate-bytes 8M \
                --copy-file-bytes 128M --dirdeep-inodes 2000 "${options[@]}" >$t/stress-$(basename $(dirname $folder)) 2>&1 || { grep -v -e info: $t/stress-$(basename $(dirname $folder)); exit 1; }
            }
            again both stress; [ -z "$(ls -A $a)" ]
            """);
    }

    [Fact]
    public async Task Dbench_runs_to_its_end()
    {
        Requirements.Programs("dbench");
        await UnderRestartsAsync(
            """
            load() { mkdir -p $1/$(basename $(dirname $1)); dbench -t $((2 * scale)) -D $1/$(basename $(dirname $1)) 2 >$t/dbench-$(basename $(dirname $1)) 2>&1 || { tail $t/dbench-$(basename $(dirname $1)); exit 1; }
              grep -q ^Throughput $t/dbench-$(basename $(dirname $1)); ! grep -i -e failed -e error $t/dbench-$(basename $(dirname $1)); }
            again both load
            """);
    }
}
