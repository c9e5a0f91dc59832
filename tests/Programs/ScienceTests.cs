using FlexFs.Harness;

namespace FlexFs.Programs;

/// <summary>What users of genomics and machine learning run.</summary>
public sealed class ScienceTests(RestartingCluster shared) : RestartTests(shared)
{
    [Fact]
    public async Task Samtools_sorts_indexes_and_finds_what_it_was_given()
    {
        Requirements.Programs("samtools", "python3");
        await UnderRestartsAsync(
            """
            python - >$t/reads.sam <<'P'
            import random
            r = random.Random(3); names = [('chr%d' % i, 1000000) for i in range(1, 6)]
            for n, l in names: print(f'@SQ\tSN:{n}\tLN:{l}')
            for i in range(30000):
                s = ''.join(r.choice('ACGT') for _ in range(60)); print(f'read{i}\t0\t{r.choice(names)[0]}\t{r.randrange(1, 999000)}\t60\t60M\t*\t0\t0\t{s}\t{"I" * 60}')
            P
            samtools sort -o $t/want.bam $t/reads.sam 2>/dev/null; samtools index $t/want.bam; samtools view $t/want.bam | md5sum >$t/want; samtools view $t/want.bam chr3:100000-200000 | md5sum >$t/region
            # With little memory: many temporary files that are merged.
            sort_() { local out=$1/$(basename $(dirname $1)); cp $t/reads.sam $out.sam; samtools view -b -o $out.raw.bam $out.sam; samtools sort -@ 2 -m 1M -T $out.tmp -o $out.bam $out.raw.bam 2>$out.log || { cat $out.log; exit 1; }
              samtools index -@ 2 $out.bam; samtools quickcheck $out.bam; }
            again both sort_
            for m in $a $b; do for bam in $m/mnt?.bam; do
              samtools quickcheck $bam; [ "$(samtools view $bam | md5sum)" = "$(cat $t/want)" ]; [ "$(samtools view $bam chr3:100000-200000 | md5sum)" = "$(cat $t/region)" ]
              [ "$(samtools idxstats $bam)" = "$(samtools idxstats $t/want.bam)" ]
            done; done; [ "$(ls $a | grep -c tmp)" = 0 ]
            """);
    }

    [Fact]
    public async Task Numpy_maps_pickles_and_loads_what_the_other_mount_wrote()
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/numpy")) Assert.Skip("SKIPPED ALOUD: python3-numpy is not installed");
        await UnderRestartsAsync(
            """
            cat >$t/write.py <<'P'
            import os, pickle, sys, numpy as np
            folder, seed = sys.argv[1], int(sys.argv[2]); r = np.random.default_rng(seed)
            m = np.memmap(f'{folder}/map{seed}', dtype='float32', mode='w+', shape=(2000, 512))
            for i in range(0, 2000, 100): m[i:i + 100] = r.random((100, 512), dtype='float32') + i
            m.flush(); whole = np.array(m)
            rows = r.integers(0, 2000, 300); m = np.memmap(f'{folder}/map{seed}', dtype='float32', mode='r+', shape=(2000, 512)); m[rows] *= 2; m.flush(); whole[np.unique(rows)] *= 2
            assert np.array_equal(m, whole); del m; assert np.array_equal(np.fromfile(f'{folder}/map{seed}', dtype='float32').reshape(2000, 512), whole)
            np.save(f'{folder}/array{seed}.npy', whole); np.savez_compressed(f'{folder}/arrays{seed}.npz', whole=whole[:200], rows=rows)
            # A checkpoint: written beside, synced, renamed.
            for step in range(5):
                with open(f'{folder}/checkpoint{seed}.tmp', 'wb') as f: pickle.dump({'step': step, 'weights': whole[:400] * step, 'names': ['x' * i for i in range(200)]}, f); f.flush(); os.fsync(f.fileno())
                os.rename(f'{folder}/checkpoint{seed}.tmp', f'{folder}/checkpoint{seed}')
                assert pickle.load(open(f'{folder}/checkpoint{seed}', 'rb'))['step'] == step
            P
            cat >$t/read.py <<'P'
            import pickle, sys, numpy as np
            folder, seed = sys.argv[1], int(sys.argv[2]); m = np.memmap(f'{folder}/map{seed}', dtype='float32', mode='r', shape=(2000, 512)); a = np.load(f'{folder}/array{seed}.npy', mmap_mode='r')
            assert np.array_equal(m, a); z = np.load(f'{folder}/arrays{seed}.npz'); assert np.array_equal(z['whole'], m[:200]) and len(z['rows']) == 300
            c = pickle.load(open(f'{folder}/checkpoint{seed}', 'rb')); assert c['step'] == 4 and np.array_equal(c['weights'], m[:400] * 4) and c['names'][-1] == 'x' * 199
            r = np.random.default_rng(1)  # as a loader of batches does it
            for _ in range(40): rows = r.integers(0, 2000, 64); assert np.array_equal(m[rows], a[rows])
            P
            seed_of() { if [ $1 = $a ]; then echo 1; else echo 2; fi; }
            train() { python $t/write.py $1 $(seed_of $1); python $t/read.py $1 $(seed_of $1); }
            again both train
            for seed in 1 2; do for m in $a $b; do python $t/read.py $m $seed & python $t/read.py $m $seed; wait $!; done; done
            """);
    }
}
