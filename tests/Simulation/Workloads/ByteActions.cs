using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>A program that opens a few files, which others do too, and writes, truncates, syncs, closes and reads them.</summary>
public sealed class ByteActions(RunState run, SimulatedClient client)
{
    private const int HandlesMax = 3;
    private const long FileBytesMax = 700_000;
    private readonly SimulatedWorld _world = run.World;
    private readonly List<Opened> _open = [];

    /// <summary>One operation.</summary>
    public async Task StepAsync()
    {
        var chance = _world.Chance;
        if (_open.Count == 0 || (_open.Count < HandlesMax && chance.OneIn(6)))
        {
            if (run.Files.Count > 0) await OpenAsync(chance.Of(run.Files));
            return;
        }

        var file = chance.Of(_open);
        switch (chance.Below(18))
        {
            case < 5:
                await WriteAsync(file);
                break;
            case < 6:
                await ScatterAsync(file);
                break;
            case < 10:
                await ReadAsync(file);
                break;
            case < 12:
                await SyncAsync(file);
                break;
            case < 14:
                await CloseAsync(file);
                break;
            case < 15:
                await TruncateAsync(file);
                break;
            case < 16:
                await PunchAsync(file);
                break;
            case < 17:
                await CopyAsync(file);
                break;
            default:
                await AttributesAsync(file);
                break;
        }
    }

    /// <summary>Closes all that is open.</summary>
    public async Task EndAsync()
    {
        foreach (var file in _open.ToArray()) await CloseAsync(file);
    }

    /// <summary>Opens a file, reads all of it and closes it.</summary>
    public async Task ReadAllAsync(Known file)
    {
        if (await OpenAsync(file) is not { } opened) return;
        for (long offset = 0; offset < FileBytesMax + 1; offset += 100_000) await ReadAsync(opened, offset, 100_000);
        await CloseAsync(opened);
    }

    private async Task<Opened?> OpenAsync(Known file)
    {
        var truncates = _world.Chance.OneIn(12);
        var before = run.NextEvent();
        var zeros = truncates ? Zeros(file.Tag, 0, 0) : null;
        var opened = await client.Files.OpenAsync(
            file.Inode, OpenFlags.ReadWrite | (truncates ? OpenFlags.Truncate : 0));
        var after = run.NextEvent();
        Note($"open {file.Tag}{(truncates ? " and truncate" : "")}", opened.Errno);
        run.Expect(opened.Errno, client, $"open of {file.Tag}", run.UnlinksFiles ? Errno.ESTALE : Errno.OK);
        if (!opened.IsOk) return null;
        if (zeros is not null) zeros.Answered = zeros.Safe = after;
        var result = new Opened(file, opened.Value.Handle, before, Session);
        _open.Add(result);
        return result;
    }

    private async Task WriteAsync(Opened file)
    {
        var chance = _world.Chance;
        var offset = Position();
        var length = chance.Below(10) switch
        {
            < 5 => chance.Between(1, 5000),
            < 8 => chance.Between(1, 70_000),
            _ => chance.Between(1, 300_000),
        };
        await WriteAsync(file, offset, (int)Math.Min(length, FileBytesMax - offset));
    }

    // So many pieces of one block that the client writes it as a whole, while others may write to it, too.
    private async Task ScatterAsync(Opened file)
    {
        const int apart = 4096;
        var first = 262144 * _world.Chance.Below(2);
        var pieces = _world.Chance.Between(20, 60);
        for (var i = 0; i < pieces; i++) await WriteAsync(file, first + (i * apart), _world.Chance.Between(1, 50));
        if (_world.Chance.OneIn(2)) await SyncAsync(file);
    }

    private async Task WriteAsync(Opened file, long offset, int length)
    {
        if (length <= 0) return;
        var number = run.NextOperation();
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = ByteWrite.Byte(number, offset + i);
        var write = new ByteWrite
        {
            Content = number,
            Number = number,
            Client = client.Process.Name,
            Session = Session,
            Handle = file.Handle,
            From = offset,
            To = offset + length,
            Asked = run.NextEvent(),
        };
        run.Bytes.Of(file.Known.Tag).Add(write);
        var written = await client.Files.WriteAsync(file.Handle, offset, bytes);
        write.Answered = run.NextEvent();
        Note($"[{number}] write {file.Known.Tag} at {offset}, {length} bytes", written.Errno);
        run.Expect(written.Errno, client, $"write to {file.Known.Tag}");
        if (!written.IsOk)
        {
            write.IsDoubtful = true;
            return;
        }

        if (written.Value < length) _world.Marks.Reached("bytes: a short write");
        write.To = offset + written.Value;
        if (write.Session != Session) write.IsDoubtful = true;
    }

    private Task ReadAsync(Opened file) => ReadAsync(file, Position(), _world.Chance.Between(1, 150_000));

    private async Task ReadAsync(Opened file, long offset, int length)
    {
        var bytes = new byte[length];
        var session = Session;
        var asked = run.NextEvent();
        var read = await client.Files.ReadAsync(file.Handle, offset, bytes);
        var answered = run.NextEvent();
        Note($"read {file.Known.Tag} at {offset}, {length} bytes: {(read.IsOk ? read.Value : 0)}", read.Errno);
        run.Expect(read.Errno, client, $"read of {file.Known.Tag}");
        if (!read.IsOk)
        {
            _world.Marks.Reached($"bytes: a read failed with {read.Errno}");
            return;
        }

        _world.Trace.Mix(System.IO.Hashing.XxHash3.HashToUInt64(bytes.AsSpan(0, read.Value)));
        run.Bytes.Read(
            file.Known.Tag, client.Process.Name, session == Session ? session : 0, file.Before, asked, answered, offset, length,
            bytes.AsSpan(0, read.Value));
    }

    private async Task SyncAsync(Opened file)
    {
        var session = Session;
        var asked = run.NextEvent();
        var errno = await client.FsyncAsync(file.Handle);
        Synced(file, errno, session, asked, handle: null, "fsync");
    }

    private async Task CloseAsync(Opened file)
    {
        var session = Session;
        var asked = run.NextEvent();
        var errno = await client.FlushAsync(file.Handle);
        Synced(file, errno, session, asked, file.Handle, "close");
        client.Files.Release(file.Handle);
        _open.Remove(file);
    }

    private void Synced(Opened file, Errno errno, ulong session, long asked, ulong? handle, string what)
    {
        var answered = run.NextEvent();
        Note($"{what} {file.Known.Tag}", errno);
        run.Expect(errno, client, $"{what} of {file.Known.Tag}");
        if (errno == Errno.OK)
        {
            if (session == Session) run.Bytes.Synced(file.Known.Tag, client.Process.Name, handle, null, asked, answered);
            return;
        }

        run.Bytes.SyncFailed(file.Known.Tag, client.Process.Name);
        _world.Marks.Reached($"bytes: a sync failed with {errno}");
    }

    private async Task TruncateAsync(Opened file)
    {
        var size = Position();
        var zeros = Zeros(file.Known.Tag, size, file.Handle);
        var changed = await client.Files.SetAttributesAsync(
            file.Known.Inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = size });
        var after = run.NextEvent();
        Note($"[{zeros.Number}] truncate {file.Known.Tag} to {size}", changed.Errno);
        run.Expect(changed.Errno, client, $"truncation of {file.Known.Tag}");
        if (changed.IsOk) zeros.Answered = zeros.Safe = after;
    }

    private async Task PunchAsync(Opened file)
    {
        var from = Position();
        var length = _world.Chance.Between(1, _world.Chance.OneIn(2) ? 5000 : 400_000);
        var zeros = Zeros(file.Known.Tag, from, file.Handle, from + length);
        var errno = await client.Files.FallocateAsync(file.Handle, from, length, isZeroed: true, keepsSize: true);
        var after = run.NextEvent();
        Note($"[{zeros.Number}] hole in {file.Known.Tag} at {from}, {length} bytes", errno);
        run.Expect(errno, client, $"hole in {file.Known.Tag}");
        if (errno != Errno.OK) return;
        zeros.Answered = zeros.Safe = after;
        _world.Marks.Reached("bytes: a hole");
    }

    // A copy into a file of its own is read in place of the original: it must have what could have been read there meanwhile.
    private async Task CopyAsync(Opened file)
    {
        var offset = Position();
        var length = _world.Chance.Between(1, 300_000);
        var made = await client.Files.CreateUnnamedAsync(client.Files.Root, 0x180, 0, 0, OpenFlags.ReadWrite);
        run.Expect(made.Errno, client, "a file without a name");
        if (!made.IsOk) return;
        var session = Session;
        var asked = run.NextEvent();
        var copied = await client.Files.CopyRangeAsync(file.Handle, offset, made.Value.Handle, offset, length);
        var answered = run.NextEvent();
        Note($"copy of {file.Known.Tag} at {offset}, {length} bytes: {(copied.IsOk ? copied.Value : 0)}", copied.Errno);
        run.Expect(copied.Errno, client, $"copy of {file.Known.Tag}");
        if (copied is { IsOk: true, Value: > 0 })
        {
            var bytes = new byte[copied.Value];
            var read = await client.Files.ReadAsync(made.Value.Handle, offset, bytes);
            run.Expect(read.Errno, client, "read of a copy");
            if (read.IsOk && session == Session)
            {
                _world.Marks.Reached("bytes: a copy");
                run.Bytes.Read(
                    file.Known.Tag, client.Process.Name, session, file.Before, asked, answered, offset, bytes.Length,
                    bytes.AsSpan(0, read.Value));
            }
        }

        client.Files.Release(made.Value.Handle);
    }

    // What is written and not safe has a size that only this client knows; it is checked by what is read.
    private async Task AttributesAsync(Opened file)
    {
        var told = await client.Files.GetAttributesAsync(file.Known.Inode);
        Note($"stat {file.Known.Tag}: {(told.IsOk ? told.Value.SizeBytes : 0)}", told.Errno);
        run.Expect(told.Errno, client, $"stat of {file.Known.Tag}");
    }

    private ByteWrite Zeros(uint tag, long from, ulong handle, long to = long.MaxValue)
    {
        var zeros = new ByteWrite
        {
            Content = 0,
            Number = run.NextOperation(),
            Client = client.Process.Name,
            Session = Session,
            Handle = handle,
            From = from,
            To = to,
            Asked = run.NextEvent(),
        };
        run.Bytes.Of(tag).Add(zeros);
        return zeros;
    }

    // Often near the edges of blocks and of what was written.
    private long Position() => _world.Chance.Below(6) switch
    {
        0 => 0,
        1 => _world.Chance.Between(0, 5000),
        2 => 262144 + _world.Chance.Between(-3, 3),
        3 => 65536 * _world.Chance.Between(0, 9),
        _ => _world.Chance.Below((int)FileBytesMax),
    };

    private ulong Session => client.Files.Session.Session.Value;

    private void Note(string text, Errno errno) => _world.Note($"{client.Process.Name}: {text} -> {errno}");

    private sealed record Opened(Known Known, ulong Handle, long Before, ulong Session);
}
