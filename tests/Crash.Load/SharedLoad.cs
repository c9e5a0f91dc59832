using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlexFs.Harness.Native;

namespace FlexFs.Crash.Load;

/// <summary>Works with its like in one folder, through whatever mounts: a counter under a lock, a log that all append to, files that are replaced.</summary>
/// <remarks>
/// What another one did wrong shows here. An update of the counter that was lost: its number is given twice. A replaced file that is
/// seen half: its bytes do not have the checksum that they begin with. An older state: its number is less than one that was seen.
/// </remarks>
/// <param name="folder">Of all of them; who comes first makes it.</param>
/// <param name="writer">Nobody else's number.</param>
internal sealed class SharedLoad(string folder, int writer) : ILoad
{
    private const int Registers = 8;
    private const int NumbersKept = 50;
    private const int RecordBytes = 64;
    private const int ENOENT = -2;
    private readonly Random _random = new(writer);
    private readonly long[] _seen = new long[Registers];
    private int _appended;
    private long _counted;

    /// <inheritdoc/>
    public void Step()
    {
        switch (_random.Next(4))
        {
            case 0:
                Append();
                break;
            case 1:
                Count();
                break;
            default:
                Look(folder, _random.Next(Registers));
                break;
        }
    }

    /// <inheritdoc/>
    public void Verify(string folder)
    {
        for (var register = 0; register < Registers; register++) Look(folder, register);
        var counter = Number(ReadAll(Path.Combine(folder, "counter"))!);
        if (counter < _counted) throw new IOException($"the counter is {counter}, and was {_counted}");
        var log = ReadAll(Path.Combine(folder, "log")) ?? [];
        if (log.Length % RecordBytes != 0) throw new IOException($"the log has {log.Length} bytes: not all appends are whole");
        var next = 0;
        for (var at = 0; at < log.Length; at += RecordBytes)
        {
            var record = Encoding.ASCII.GetString(log, at, RecordBytes);
            if (!record.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{writer} "), StringComparison.Ordinal)) continue;
            if (record != Record(next)) throw new IOException($"record {next} of {writer} is {record}");
            next++;
        }

        // One more may be there: it was made, and nobody was told.
        if (next != _appended && next != _appended + 1) throw new IOException($"the log has {next} of the {_appended} records of {writer}");
    }

    private static long Number(byte[] bytes) =>
        bytes.Length == 0 ? 0 : long.Parse(Encoding.ASCII.GetString(bytes), CultureInfo.InvariantCulture);

    private static void Must(long result, string what)
    {
        if (result < 0) throw new IOException($"{what}: errno {-result}");
    }

    private static byte[]? ReadAll(string path)
    {
        var file = Libc.OpenAt(Libc.AT_FDCWD, path, OpenFlags.O_RDONLY);
        if (file == ENOENT) return null;
        Must(file, $"open {path}");
        using MemoryStream all = new();
        var some = new byte[1 << 16];
        long count;
        while ((count = Libc.Read((int)file, some)) > 0) all.Write(some, 0, (int)count);
        Must(count, $"read {path}");
        Must(Libc.Close((int)file), $"close {path}");
        return all.ToArray();
    }

    private static void Write(string path, OpenFlags flags, ReadOnlySpan<byte> bytes)
    {
        var file = Libc.OpenAt(Libc.AT_FDCWD, path, OpenFlags.O_WRONLY | flags, 0x1A4);
        Must(file, $"open {path}");
        var written = Libc.Write((int)file, bytes);
        if (written >= 0 && written != bytes.Length) throw new IOException($"write {path}: {written} of {bytes.Length} bytes");
        Must(written, $"write {path}");
        Must(Libc.FSync((int)file), $"fsync {path}");
        Must(Libc.Close((int)file), $"close {path}");
    }

    private string Record(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{writer} {number} ").PadRight(RecordBytes - 1, (char)('a' + (number % 26))) + "\n";

    private void Append()
    {
        Write(Path.Combine(folder, "log"), OpenFlags.O_CREAT | OpenFlags.O_APPEND, Encoding.ASCII.GetBytes(Record(_appended)));
        _appended++;
    }

    private void Count()
    {
        const int LOCK_EX = 2;
        var path = Path.Combine(folder, "counter");
        var file = Libc.OpenAt(Libc.AT_FDCWD, path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x1A4);
        Must(file, $"open {path}");
        Must(Libc.FLock((int)file, LOCK_EX), "flock");
        var some = new byte[32];
        var length = Libc.PRead((int)file, some, 0);
        Must(length, "read the counter");
        var number = Number(some[..(int)length]) + 1;
        Must(Libc.PWrite((int)file, Encoding.ASCII.GetBytes(number.ToString("D20", CultureInfo.InvariantCulture)), 0), "write the counter");
        Must(Libc.FSync((int)file), "fsync of the counter");
        _counted = number;

        // Two who were given one number would both make this.
        Write(Path.Combine(folder, $"n{number}"), OpenFlags.O_CREAT | OpenFlags.O_EXCL, default);
        var old = Libc.UnlinkAt(Libc.AT_FDCWD, Path.Combine(folder, $"n{number - NumbersKept}"));
        if (old != ENOENT) Must(old, "unlink");
        Replace(number);
        Must(Libc.Close((int)file), "close of the counter, which unlocks it");
    }

    private void Replace(long number)
    {
        var body = new byte[8 + _random.Next(60_000)];
        _random.NextBytes(body);
        BitConverter.TryWriteBytes(body, number);
        var temporary = Path.Combine(folder, $"temporary{writer}");
        Write(temporary, OpenFlags.O_CREAT | OpenFlags.O_TRUNC, [.. SHA256.HashData(body), .. body]);
        Must(
            Libc.RenameAt2(Libc.AT_FDCWD, temporary, Libc.AT_FDCWD, Path.Combine(folder, $"register{number % Registers}")),
            "rename");
    }

    private void Look(string where, int register)
    {
        var path = Path.Combine(where, $"register{register}");
        if (ReadAll(path) is not { } bytes)
        {
            if (_seen[register] > 0) throw new IOException($"{path} was there and is not");
            return;
        }

        if (bytes.Length < 40 || !SHA256.HashData(bytes.AsSpan(32)).AsSpan().SequenceEqual(bytes.AsSpan(0, 32)))
        {
            throw new IOException($"{path} is seen half: {bytes.Length} bytes");
        }

        var number = BitConverter.ToInt64(bytes, 32);
        if (number < _seen[register]) throw new IOException($"{path} is of {number} and was of {_seen[register]}");
        _seen[register] = number;
    }
}
