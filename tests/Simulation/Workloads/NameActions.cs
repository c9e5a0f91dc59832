using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>A program that makes, moves and removes a few names, which others do too.</summary>
public sealed class NameActions(RunState run, SimulatedClient client)
{
    private const uint FilePermissions = 0x1A4;
    private const uint DirectoryPermissions = 0x1ED;
    private static readonly byte[] Letters = "abcd"u8.ToArray();
    private readonly SimulatedWorld _world = run.World;

    /// <summary>One operation.</summary>
    public async Task StepAsync()
    {
        var chance = _world.Chance;
        switch (chance.Below(20))
        {
            case < 4:
                await CreateAsync(chance.OneIn(2));
                break;
            case < 6:
                await MakeDirectoryAsync();
                break;
            case < 8 when run.Files.Count > 0:
                await LinkAsync();
                break;
            case < 11:
                await UnlinkAsync();
                break;
            case < 13:
                await RemoveDirectoryAsync();
                break;
            case < 16:
                await RenameAsync();
                break;
            case < 18:
                await LookupAsync(chance.Of(run.Directories), chance.Of(Letters));
                break;
            case < 19 when run.Files.Count > 0:
                await CountAsync(chance.Of(chance.OneIn(3) ? run.Directories : run.Files));
                break;
            default:
                await ListAsync(chance.Of(run.Directories));
                break;
        }
    }

    /// <summary>Makes a file and leaves it closed.</summary>
    public async Task<Known?> CreateAsync(bool isExclusive)
    {
        var directory = Directory();
        var operation = Begin(NameVerb.Create, directory, Letter(), isExclusive: isExclusive);
        run.Inodes.Made(operation.Number, FilePermissions);
        var made = await client.Files.CreateAsync(
            directory.Inode, NameOf(operation.Name), FilePermissions, operation.Number, 0,
            OpenFlags.ReadWrite | (isExclusive ? OpenFlags.Exclusive : 0));
        End(operation, made.Errno, made.IsOk ? made.Value.Attributes.UserId : 0);
        if (!made.IsOk) return null;
        InodeActions.Saw(run, client, operation, made.Value.Attributes);
        client.Files.Release(made.Value.Handle);
        var known = new Known(made.Value.Attributes.Inode, made.Value.Attributes.UserId);
        run.Learn(run.Files, known.Inode, known.Tag);
        return known;
    }

    private async Task MakeDirectoryAsync()
    {
        var directory = Directory();
        var operation = Begin(NameVerb.MakeDirectory, directory, Letter());
        run.Inodes.Made(operation.Number, DirectoryPermissions);
        var made = await client.Files.MakeDirectoryAsync(
            directory.Inode, NameOf(operation.Name), DirectoryPermissions, operation.Number, 0);
        End(operation, made.Errno, made.IsOk ? made.Value.UserId : 0);
        if (made.IsOk) run.Learn(run.Directories, made.Value.Inode, made.Value.UserId);
    }

    private async Task LinkAsync()
    {
        var directory = Directory();
        var file = _world.Chance.Of(run.Files);
        var operation = Begin(NameVerb.Link, directory, Letter(), inode: file.Tag);
        var linked = await client.Files.LinkAsync(file.Inode, directory.Inode, NameOf(operation.Name));
        End(operation, linked.Errno, linked.IsOk ? linked.Value.UserId : 0);
    }

    private async Task UnlinkAsync()
    {
        var directory = Directory();
        var operation = Begin(NameVerb.Unlink, directory, Letter());
        End(operation, await client.Files.UnlinkAsync(directory.Inode, NameOf(operation.Name)), 0);
    }

    private async Task RemoveDirectoryAsync()
    {
        var directory = Directory();
        var operation = Begin(NameVerb.RemoveDirectory, directory, Letter());
        End(operation, await client.Files.RemoveDirectoryAsync(directory.Inode, NameOf(operation.Name)), 0);
    }

    private async Task RenameAsync()
    {
        var directory = Directory();
        var directory2 = Directory();
        var flags = _world.Chance.Of([RenameFlags.None, RenameFlags.None, RenameFlags.NoReplace, RenameFlags.Exchange]);
        var operation = Begin(NameVerb.Rename, directory, Letter(), directory2, Letter(), flags: flags);
        var errno = await client.Files.RenameAsync(
            directory.Inode, NameOf(operation.Name), directory2.Inode, NameOf(operation.Name2), flags);
        End(operation, errno, 0);
    }

    /// <summary>Looks a name up.</summary>
    public async Task LookupAsync(Known directory, byte name)
    {
        var operation = Begin(NameVerb.Lookup, directory, name);
        var found = await client.Kernel.LookupAsync(directory.Inode, name);
        End(operation, found.Errno, found.IsOk ? found.Value.UserId : 0);
        if (!found.IsOk) return;
        InodeActions.Saw(run, client, operation, found.Value);
        run.Learn(found.Value.Type == FileType.Directory ? run.Directories : run.Files, found.Value.Inode, found.Value.UserId);
    }

    /// <summary>Asks how many names an inode has.</summary>
    public async Task CountAsync(Known inode)
    {
        var operation = Begin(NameVerb.Count, inode, 0);
        var told = await client.Kernel.GetAttributesAsync(inode.Inode);

        // While a client without leases writes to it, the count is of the last commit; and without a name it may live on, open somewhere.
        var isVague = told.IsOk && (told.Value.LinkCount == 0 || (!client.Files.UsesLeases && run.Bytes.Of(inode.Tag).Count > 0));
        operation.IsUnknown = isVague;
        End(operation, told.Errno, told.IsOk ? told.Value.LinkCount : 0);
        if (told.IsOk) InodeActions.Saw(run, client, operation, told.Value);
    }

    /// <summary>Lists a directory, in one answer.</summary>
    public async Task<IReadOnlyList<(byte Name, Known Child, bool IsDirectory)>> ListAsync(Known directory)
    {
        var operation = Begin(NameVerb.List, directory, 0);
        var page = await client.Files.ReadDirectoryAsync(directory.Inode, 0, 1000, withAttributes: true);
        if (!page.IsOk)
        {
            End(operation, page.Errno, 0);
            return [];
        }

        var all = new List<(byte Name, Known Child, bool IsDirectory)>();
        var answered = run.NextEvent();
        foreach (var entry in page.Value.Entries)
        {
            // Of a file that another host writes there are none in a listing; whose it is never changes.
            var told = entry.Attributes is { } shown ? shown : await client.Files.GetAttributesAsync(entry.Inode);
            if (told.IsOk) all.Add((entry.Name.Span[0], new Known(entry.Inode, told.Value.UserId), entry.Type == FileType.Directory));
            else operation.IsUnknown = true;
        }

        all.Sort((a, b) => a.Name - b.Name);
        operation.Listing = [.. all.Select(e => (e.Name, e.Child.Tag))];
        End(operation, Errno.OK, 0, answered);
        foreach (var entry in page.Value.Entries)
        {
            if (entry.Attributes is { } told) InodeActions.Saw(run, client, operation, told);
        }

        return all;
    }

    private Known Directory() => _world.Chance.Of(run.Directories);

    private byte Letter() => _world.Chance.Of(Letters);

    private static byte[] NameOf(byte letter) => [letter];

    private NameOperation Begin(
        NameVerb verb, Known directory, byte name, Known directory2 = default, byte name2 = 0, uint inode = 0,
        bool isExclusive = false, RenameFlags flags = RenameFlags.None)
    {
        var operation = new NameOperation
        {
            Number = run.NextOperation(),
            Verb = verb,
            Client = client.Process.Name,
            Directory = directory.Tag,
            DirectoryInode = directory.Inode,
            Name = name,
            Directory2Inode = directory2.Inode,
            Directory2 = directory2.Tag,
            Name2 = name2,
            Inode = inode,
            IsExclusive = isExclusive,
            Flags = flags,
            Incarnation = client.Files.Incarnation,
            Asked = run.NextEvent(),
        };
        run.Names.Asked(operation);
        TellKernel(verb, directory, name, directory2, name2);
        return operation;
    }

    private void TellKernel(NameVerb verb, Known directory, byte name, Known directory2, byte name2)
    {
        if (verb is NameVerb.Lookup or NameVerb.List or NameVerb.Count) return;
        client.Kernel.Changes(directory.Inode, name);
        if (verb == NameVerb.Rename) client.Kernel.Changes(directory2.Inode, name2);
    }

    private void End(NameOperation operation, Errno errno, uint value, long answered = 0)
    {
        operation.Errno = errno;
        operation.Value = value;
        operation.Answered = answered == 0 ? run.NextEvent() : answered;

        // EIO of a session that ended: whether it happened is not known.
        if (errno == Errno.EIO && run.IsExplained(errno, client))
        {
            operation.IsUnknown = true;
            _world.Marks.Reached("names: an outcome is unknown");
        }

        // What was made, lost its answer, and was removed by another before the request was repeated has no attributes to answer with.
        if (errno == Errno.ESTALE && operation.Verb is (NameVerb.Create or NameVerb.MakeDirectory or NameVerb.Link)
            && operation.Incarnation != client.Files.Incarnation)
        {
            operation.IsUnknown = true;
            _world.Marks.Reached("names: made, and perhaps gone before the answer");
        }

        TellKernel(
            operation.Verb, new Known(operation.DirectoryInode, operation.Directory), operation.Name,
            new Known(operation.Directory2Inode, operation.Directory2), operation.Name2);
        _world.Note(operation.ToString());
        if (errno is Errno.EIO or Errno.ENOSPC) run.Expect(errno, client, operation.ToString());
    }
}
