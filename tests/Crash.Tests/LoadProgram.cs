using System.Security.Cryptography;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>
/// A program that works in a folder of its own and remembers, outside of the volume, what it was told had succeeded. Any error ends it:
/// while the metadata server comes and goes, no program may see one.
/// </summary>
internal sealed class LoadProgram
{
    private const int NamesMax = 40;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _folders = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly Random _random;
    private readonly Thread _thread;
    private volatile bool _stop;
    private int _next;
    private int _done;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Made by it; nobody else works there.</param>
    /// <param name="seed">Of what it does.</param>
    internal LoadProgram(string folder, int seed)
    {
        _folder = folder;
        _random = new Random(seed);
        _thread = new Thread(Run) { IsBackground = true, Name = $"load {seed}" };
        _thread.Start();
    }

    /// <summary>How many operations it was told had succeeded.</summary>
    internal int Done => Volatile.Read(ref _done);

    /// <summary>The error that ended it.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>Lets it finish what it is doing; true when it did within the limit.</summary>
    internal bool Stop(TimeSpan limit)
    {
        _stop = true;
        return _thread.Join(limit);
    }

    /// <summary>Compares everything it was told with what a mount shows.</summary>
    /// <param name="folder">Its folder, seen through that mount.</param>
    internal void Verify(string folder)
    {
        var expected = _files.Keys.Concat(_folders).Concat(_links.Keys).Order(StringComparer.Ordinal);
        var found = Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
        Assert.Equal(expected, found);
        foreach (var (name, bytes) in _files)
        {
            Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, name))), $"{folder}/{name} has other bytes");
        }

        foreach (var (name, target) in _links) Assert.Equal(target, new FileInfo(Path.Combine(folder, name)).LinkTarget);
    }

    private void Run()
    {
        try
        {
            Directory.CreateDirectory(_folder);
            while (!_stop)
            {
                Step();
                Volatile.Write(ref _done, _done + 1);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Error = e;
        }
    }

    // Each case changes the model only after the operation was answered.
    private void Step()
    {
        var name = _files.Count > 0 ? _files.Keys.ElementAt(_random.Next(_files.Count)) : null;
        switch (name is null || _files.Count < 4 ? 0 : _random.Next(_files.Count < NamesMax ? 12 : 9))
        {
            case 1:
                Write(name!, _files[name!].Length, Bytes(5000));
                break;
            case 2:
                Write(name!, _random.Next(_files[name!].Length + 1), Bytes(9000));
                break;
            case 3:
                var renamed = _random.Next(2) == 0 ? NewName("f") : _files.Keys.ElementAt(_random.Next(_files.Count));
                if (renamed == name) break;
                File.Move(PathOf(name!), PathOf(renamed), overwrite: true);
                _files[renamed] = _files[name!];
                _files.Remove(name!);
                break;
            case 4:
                File.Delete(PathOf(name!));
                _files.Remove(name!);
                break;
            case 5:
                var read = File.ReadAllBytes(PathOf(name!));
                if (!read.AsSpan().SequenceEqual(_files[name!])) throw new IOException($"{PathOf(name!)} has other bytes");
                break;
            case 6 when _folders.Count < 5:
                var folder = NewName("d");
                Directory.CreateDirectory(PathOf(folder));
                _folders.Add(folder);
                break;
            case 7 when _folders.Count > 0:
                // A repeated rmdir that took effect twice would be ENOENT.
                Directory.Delete(PathOf(_folders.Min!));
                _folders.Remove(_folders.Min!);
                break;
            case 8 when _links.Count < 5:
                var link = NewName("l");
                File.CreateSymbolicLink(PathOf(link), name!);
                _links[link] = name!;
                break;
            default:
                Create(NewName("f"), Bytes(20000));
                break;
        }
    }

    private void Create(string name, byte[] bytes)
    {
        // A repeated exclusive create that took effect twice would be EEXIST.
        using (var file = new FileStream(PathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            file.Write(bytes);
            if (_random.Next(3) == 0) Posix.Sync(file.SafeFileHandle);
        }

        _files[name] = bytes;
    }

    private void Write(string name, int offset, byte[] bytes)
    {
        using (var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            file.Position = offset;
            file.Write(bytes);
            if (_random.Next(3) == 0) Posix.Sync(file.SafeFileHandle);
        }

        var all = new byte[Math.Max(_files[name].Length, offset + bytes.Length)];
        _files[name].CopyTo(all, 0);
        bytes.CopyTo(all, offset);
        _files[name] = all;
    }

    private byte[] Bytes(int max) => RandomNumberGenerator.GetBytes(_random.Next(1, max));

    private string NewName(string kind) => $"{kind}{_next++}";

    private string PathOf(string name) => Path.Combine(_folder, name);
}
