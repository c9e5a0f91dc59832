using System.Security.Cryptography;
using FlexFs.Harness;

namespace FlexFs.Crash.Load;

/// <summary>Random operations on files, folders and links, and a model of what they must have made.</summary>
/// <param name="folder">Nobody else works there.</param>
/// <param name="seed">Of what it does.</param>
internal sealed class RandomLoad(string folder, int seed) : ILoad
{
    private const int NamesMax = 40;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _folders = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly Random _random = new(seed);
    private int _next;

    /// <inheritdoc/>
    public void Step()
    {
        // Each case changes the model only after the operation was answered.
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
                MustHold(PathOf(name!), _files[name!]);
                break;
            case 6 when _folders.Count < 5:
                var made = NewName("d");
                Directory.CreateDirectory(PathOf(made));
                _folders.Add(made);
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

    /// <inheritdoc/>
    public void Verify(string folder)
    {
        var expected = _files.Keys.Concat(_folders).Concat(_links.Keys).Order(StringComparer.Ordinal).ToArray();
        var found = Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal).ToArray();
        if (!expected.SequenceEqual(found))
        {
            throw new IOException(
                $"{folder} lacks [{string.Join(' ', expected.Except(found))}] and has [{string.Join(' ', found.Except(expected))}] too much");
        }

        foreach (var (name, bytes) in _files) MustHold(Path.Combine(folder, name), bytes);
        foreach (var (name, target) in _links)
        {
            var shown = new FileInfo(Path.Combine(folder, name)).LinkTarget;
            if (shown != target) throw new IOException($"{folder}/{name} leads to {shown} instead of {target}");
        }
    }

    private static void MustHold(string path, byte[] expected)
    {
        var found = File.ReadAllBytes(path);
        if (found.AsSpan().SequenceEqual(expected)) return;
        var at = found.AsSpan().CommonPrefixLength(expected);
        throw new IOException($"{path} has other bytes: {found.Length} instead of {expected.Length}, different from {at} on");
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

    private string PathOf(string name) => Path.Combine(folder, name);
}
