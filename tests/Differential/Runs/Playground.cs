using FlexFs.Harness.Native;

namespace FlexFs.Differential.Runs;

/// <summary>The folders that are compared: one on ext4, and one on a volume as its mounts show it.</summary>
internal sealed class Playground(string local, IReadOnlyList<string> mounts)
{
    private int _count;

    /// <summary>Whether the side that is compared gives inode numbers again, as ext4 does.</summary>
    internal bool ReusesInodes { get; init; }

    internal int Mounts => mounts.Count;

    /// <summary>A fresh pair of folders that everybody may use; everything in it goes when it is disposed.</summary>
    internal Pair Fresh()
    {
        var name = $"run{Interlocked.Increment(ref _count)}";
        return new Pair(Path.Combine(local, name), [.. mounts.Select(mount => Path.Combine(mount, name))]);
    }

    /// <summary>One pair.</summary>
    internal sealed class Pair : IDisposable
    {
        private readonly string _local;
        private readonly IReadOnlyList<string> _mounts;

        internal Pair(string local, IReadOnlyList<string> mounts)
        {
            _local = local;
            _mounts = mounts;
            foreach (var folder in (string[])[local, mounts[0]])
            {
                // One step up is still inside of what is the run's own: names may say "..".
                Directory.CreateDirectory(Path.Combine(folder, "inner"));
                if (Libc.FChModAt(Libc.AT_FDCWD, Path.Combine(folder, "inner"), 0x1FF) < 0) throw new IOException($"chmod {folder}");
            }
        }

        internal string Local => Path.Combine(_local, "inner");

        internal IReadOnlyList<string> Mounts => [.. _mounts.Select(mount => Path.Combine(mount, "inner"))];

        public void Dispose()
        {
            Folders.Remove(_local);
            Folders.Remove(_mounts[0]);
        }
    }
}
