using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>A program that looks at and changes attributes and bytes of a few files, which others do too, on every host at once.</summary>
public sealed class InodeActions(RunState run, SimulatedClient client)
{
    private const int HandlesMax = 3;
    private const int CellsMax = 8;
    private static readonly byte[] XattrName = "user.a"u8.ToArray();
    private readonly SimulatedWorld _world = run.World;
    private readonly List<Opened> _open = [];
    private int? _watched;

    /// <summary>One operation.</summary>
    public async Task StepAsync()
    {
        var chance = _world.Chance;
        var known = chance.OneIn(6) ? chance.Of(run.Directories) : chance.Of(run.Files);
        switch (chance.Below(12))
        {
            case < 2:
                await GetAsync(known);
                return;
            case < 3:
                await SetModeAsync(known);
                return;
            case < 4:
                await TruncateAsync(chance.Of(run.Files));
                return;
            case < 5:
                await (chance.OneIn(2) ? SetXattrAsync(known) : GetXattrAsync(known));
                return;
        }

        if (_open.Count == 0 || (_open.Count < HandlesMax && chance.OneIn(6)))
        {
            await OpenAsync(chance.Of(run.Files));
            return;
        }

        var file = chance.Of(_open);
        switch (chance.Below(12))
        {
            case < 5:
                await WriteAsync(file);
                break;
            case < 9:
                await ReadAsync(file, chance.Below(CellsMax), chance.Between(1, 3));
                break;
            case < 10:
                await SyncAsync(file);
                break;
            default:
                await CloseAsync(file);
                break;
        }
    }

    /// <summary>Looks at one thing again and again, which its host has most likely cached, and waits for nothing else.</summary>
    public async Task WatchAsync(NameActions names)
    {
        _watched ??= _world.Chance.Below(2);
        if (_watched == 0) await GetAsync(run.Files[0]);
        else await names.LookupAsync(run.Directories[0], (byte)'a');
        await _world.DelayAsync(client.Process, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(1));
    }

    /// <summary>Closes all that is open.</summary>
    public async Task EndAsync()
    {
        foreach (var file in _open.ToArray()) await CloseAsync(file);
    }

    /// <summary>Looks at all of an inode that is there.</summary>
    public async Task LookAsync(Known known, bool isDirectory)
    {
        await GetAsync(known);
        await GetXattrAsync(known);
        if (isDirectory || await OpenAsync(known, mayTruncate: false) is not { } opened) return;
        for (var at = 0; at < CellsMax * 4; at += CellsMax) await ReadAsync(opened, at, CellsMax);
        await CloseAsync(opened);
    }

    /// <summary>fstat.</summary>
    public async Task GetAsync(Known known)
    {
        var operation = Begin(InodeVerb.Get, known);
        var told = await client.Kernel.GetAttributesAsync(known.Inode);
        if (told.IsOk) Told(operation, told.Value);
        End(operation, told.Errno);
    }

    /// <summary>What an answer about a name told of its inode.</summary>
    public static void Saw(RunState run, SimulatedClient client, NameOperation answered, in Attributes told)
    {
        if (!run.IsShared) return;
        var operation = new InodeOperation
        {
            Number = run.NextOperation(),
            Verb = InodeVerb.Get,
            Tag = told.UserId,
            Client = client.Process.Name,
            Session = client.SessionNumber,
            SessionAfter = client.SessionNumber,
            Asked = answered.Asked,
            Answered = answered.Answered,
        };
        Told(run, operation, told);
        run.Inodes.Asked(operation);
    }

    private async Task SetModeAsync(Known known)
    {
        var mode = 0x180 | (uint)_world.Chance.Below(64);
        var operation = Begin(InodeVerb.SetMode, known, mode: mode);
        client.Kernel.Changes(known.Inode);
        var changed = await client.Files.SetAttributesAsync(
            known.Inode, new AttributeChange { Mask = AttributeMask.Mode, Mode = mode });
        client.Kernel.Changes(known.Inode);
        End(operation, changed.Errno);
    }

    private async Task TruncateAsync(Known known)
    {
        var size = _world.Chance.Below(CellsMax);
        var operation = Begin(InodeVerb.Truncate, known);
        operation.Size = size;
        client.Kernel.Changes(known.Inode);
        var changed = await client.Files.SetAttributesAsync(
            known.Inode, new AttributeChange { Mask = AttributeMask.Size, SizeBytes = (long)size * run.CellBytes });
        client.Kernel.Changes(known.Inode);
        End(operation, changed.Errno);
    }

    private async Task SetXattrAsync(Known known)
    {
        var operation = Begin(InodeVerb.SetXattr, known, value: NewValue());
        client.Kernel.Changes(known.Inode);
        var errno = await client.Files.SetXattrAsync(known.Inode, XattrName, new[] { operation.Value }, XattrMode.Any);
        client.Kernel.Changes(known.Inode);
        End(operation, errno);
    }

    private async Task GetXattrAsync(Known known)
    {
        var operation = Begin(InodeVerb.GetXattr, known);
        var got = await client.Files.GetXattrAsync(known.Inode, XattrName);
        if (got.IsOk) operation.Found = got.Value.ToArray();
        End(operation, got.Errno == Errno.ENODATA ? Errno.OK : got.Errno);
    }

    private async Task<Opened?> OpenAsync(Known known, bool mayTruncate = true)
    {
        var truncates = mayTruncate && _world.Chance.OneIn(10);
        var appends = _world.Chance.OneIn(4);
        var truncation = truncates ? Begin(InodeVerb.Truncate, known) : null;
        if (truncation is not null) truncation.Size = 0;
        var operation = Begin(InodeVerb.Get, known);
        client.Kernel.Changes(known.Inode);
        var opened = await client.Files.OpenAsync(
            known.Inode, OpenFlags.ReadWrite | (truncates ? OpenFlags.Truncate : 0) | (appends ? OpenFlags.Append : 0));
        client.Kernel.Changes(known.Inode);
        if (opened.IsOk) Told(operation, opened.Value.Attributes);
        End(operation, opened.Errno);
        if (truncation is not null) End(truncation, opened.Errno);
        if (!opened.IsOk) return null;
        var file = new Opened(known, opened.Value.Handle, appends);
        _open.Add(file);
        return file;
    }

    private async Task WriteAsync(Opened file)
    {
        var at = _world.Chance.Below(CellsMax);
        var cells = !run.HasLargeCells && _world.Chance.OneIn(3) ? _world.Chance.Between(2, 4) : 1;
        var operation = Begin(
            file.Appends ? InodeVerb.Append : InodeVerb.Write, file.Known, value: NewValue(), at: at, cells: cells, handle: file.Handle);
        var bytes = new byte[cells * run.CellBytes];
        bytes.AsSpan().Fill(operation.Value);
        client.Kernel.Changes(file.Known.Inode);
        Errno errno;
        var written = 0;
        if (file.Appends)
        {
            var appended = await client.Files.AppendAsync(file.Handle, bytes);
            errno = appended.Errno;
            if (appended.IsOk)
            {
                written = appended.Value.Bytes;
                operation.At = Cells(appended.Value.Offset, $"the end of {file.Known.Tag}");
            }
        }
        else
        {
            var taken = await client.Files.WriteAsync(file.Handle, (long)at * run.CellBytes, bytes);
            errno = taken.Errno;
            if (taken.IsOk) written = taken.Value;
        }

        client.Kernel.Changes(file.Known.Inode);
        if (errno == Errno.OK && written < bytes.Length)
        {
            _world.Marks.Reached("bytes: a short write");
            run.Inodes.Exclude(file.Known.Tag);
        }

        End(operation, errno);
    }

    private async Task ReadAsync(Opened file, int at, int cells)
    {
        // As of any file system: large pieces are read one after the other.
        var parts = run.HasLargeCells
            ? Enumerable.Range(at, cells).Select(cell => Begin(InodeVerb.Read, file.Known, at: cell, cells: 1)).ToList()
            : [Begin(InodeVerb.Read, file.Known, at: at, cells: cells)];
        var bytes = new byte[cells * run.CellBytes];
        var read = await client.Files.ReadAsync(file.Handle, (long)at * run.CellBytes, bytes);
        if (read.IsOk && !run.Inodes.IsExcluded(file.Known.Tag))
        {
            var found = CellsOf(bytes.AsSpan(0, read.Value), $"what was read of {file.Known.Tag} by {parts[0]}");
            foreach (var part in parts)
            {
                part.Found = found[Math.Min(part.At - at, found.Length)..Math.Min(part.At - at + part.Cells, found.Length)];
            }
        }

        foreach (var part in parts) End(part, read.Errno);
    }

    private async Task SyncAsync(Opened file)
    {
        var (asked, session) = (run.NextEvent(), client.SessionNumber);
        var errno = await client.FsyncAsync(file.Handle);
        Synced(file, errno, asked, session, null, "fsync");
    }

    private async Task CloseAsync(Opened file)
    {
        var (asked, session) = (run.NextEvent(), client.SessionNumber);
        _open.Remove(file);
        var errno = await client.FlushAsync(file.Handle);
        Synced(file, errno, asked, session, file.Handle, "close");
        client.Files.Release(file.Handle);
    }

    private void Synced(Opened file, Errno errno, long asked, ulong session, ulong? handle, string what)
    {
        _world.Note($"{client.Process.Name}: {what} {file.Known.Tag} -> {errno}");
        run.Expect(errno, client, $"{what} of {file.Known.Tag}");
        if (errno == Errno.OK && session == client.SessionNumber) run.Inodes.Synced(file.Known.Tag, client.Process.Name, session, handle, asked);
    }

    private int Cells(long bytes, string what) => bytes % run.CellBytes == 0
        ? (int)(bytes / run.CellBytes)
        : throw new ViolationException($"bytes: {what} is at {bytes}, which no write or truncation explains");

    private byte[] CellsOf(ReadOnlySpan<byte> bytes, string what)
    {
        var cells = new byte[Cells(bytes.Length, what)];
        for (var i = 0; i < cells.Length; i++)
        {
            var cell = bytes.Slice(i * run.CellBytes, run.CellBytes);
            cells[i] = cell[0];
            if (cell.ContainsAnyExcept(cell[0])) throw new ViolationException($"bytes: a cell is torn, {i} of {what}");
        }

        return cells;
    }

    private byte NewValue() => (byte)(1 + (run.NextOperation() % 255));

    private void Told(InodeOperation operation, in Attributes told) => Told(run, operation, told);

    private static void Told(RunState run, InodeOperation operation, in Attributes told)
    {
        operation.Mode = told.Mode & 0xFFF;
        if (told.Type != FileType.Regular) return;
        if (told.SizeBytes % run.CellBytes != 0)
        {
            throw new ViolationException($"attributes: {told.UserId} has {told.SizeBytes} bytes, which no write or truncation explains: {operation}");
        }

        operation.Size = (int)(told.SizeBytes / run.CellBytes);
    }

    private InodeOperation Begin(InodeVerb verb, Known known, uint mode = 0, byte value = 0, int at = 0, int cells = 0, ulong handle = 0)
    {
        var operation = new InodeOperation
        {
            Number = run.NextOperation(),
            Verb = verb,
            Tag = known.Tag,
            Client = client.Process.Name,
            Session = client.SessionNumber,
            Handle = handle,
            Mode = mode,
            Value = value,
            At = at,
            Cells = cells,
            Asked = run.NextEvent(),
        };
        run.Inodes.Asked(operation);
        return operation;
    }

    private void End(InodeOperation operation, Errno errno)
    {
        operation.Errno = errno;
        operation.SessionAfter = client.SessionNumber;
        operation.Answered = run.NextEvent();
        _world.Note(operation.ToString());

        // Inodes that programs know may be gone.
        run.Expect(errno, client, operation.ToString(), Errno.ESTALE);
    }

    private sealed record Opened(Known Known, ulong Handle, bool Appends);
}
