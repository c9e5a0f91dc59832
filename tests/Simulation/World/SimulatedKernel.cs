using FlexFs.Client;
using FlexFs.Client.Leases;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Simulation.World;

/// <summary>The caches of the kernel in front of a client: names and attributes that it was given to keep, until it is told to drop them.</summary>
/// <remarks>
/// It keeps what it may for as long as it may, and drops late: as little as the client may count on. What an own change is about it
/// drops before and after the change; what the real one answers while a change of its own host is under way is left out.
/// </remarks>
public sealed class SimulatedKernel : IKernelCaches
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedClient _client;
    private readonly TimeSpan _dropMax;
    private readonly SortedDictionary<(ulong Directory, byte Name), Kept<InodeId>> _names = [];
    private readonly SortedDictionary<ulong, Kept<Attributes>> _attributes = [];

    /// <summary>Empty; asked by a client's programs.</summary>
    public SimulatedKernel(SimulatedWorld world, SimulatedClient client)
    {
        _world = world;
        _client = client;
        _dropMax = TimeSpan.FromMilliseconds(world.Chance.Of([1, 20, 400, 4000]));
    }

    private FileSystem Files => _client.Files;

    /// <summary>What a name is, as a step of a path finds it.</summary>
    public async Task<Result<Attributes>> LookupAsync(InodeId directory, byte name)
    {
        if (TryGet(_names, (directory.Value, name), out var known))
        {
            _world.Marks.Reached("kernel: a name from its cache");
            if (known == InodeId.None) return Errno.ENOENT;
            var attributes = await GetAttributesAsync(known);
            if (attributes.Errno != Errno.ESTALE) return attributes;
            _names.Remove((directory.Value, name));
        }

        byte[] asked = [name];
        var found = await Files.FindAsync(directory, asked);
        if (!found.IsOk) return found.Errno;
        var inode = found.Value.Attributes.Inode;
        if (Files.MayGive(directory, asked, inode)) _names[(directory.Value, name)] = new(inode, Until());
        return found.Value.IsAbsent ? Errno.ENOENT : Given(found.Value.Attributes);
    }

    /// <summary>fstat.</summary>
    public async Task<Result<Attributes>> GetAttributesAsync(InodeId inode)
    {
        if (TryGet(_attributes, inode.Value, out var known))
        {
            _world.Marks.Reached("kernel: attributes from its cache");
            return known;
        }

        var told = await Files.GetAttributesAsync(inode);
        return told.IsOk ? Given(told.Value) : told;
    }

    /// <summary>A program of this host changes a directory.</summary>
    public void Changes(InodeId directory, byte name)
    {
        _names.Remove((directory.Value, name));

        // Of whatever had the name: the kernel has looked it up by then, this one has not.
        _attributes.Clear();
    }

    /// <summary>A program of this host changes an inode.</summary>
    public void Changes(InodeId inode) => _attributes.Remove(inode.Value);

    /// <summary>The session is over.</summary>
    public void DropAll()
    {
        _names.Clear();
        _attributes.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DropAsync(InodeId inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        await _world.DelayAsync(_client.Process, _dropMax);
        if ((parts & InodeParts.Attributes) != 0) _attributes.Remove(inode.Value);
        if ((parts & InodeParts.Names) == 0) return;
        foreach (var name in names) _names.Remove((inode.Value, name.Span[0]));
        if (names.Count > 0) return;
        foreach (var key in _names.Keys.Where(key => key.Directory == inode.Value).ToArray()) _names.Remove(key);
    }

    /// <inheritdoc/>
    public ValueTask DropPagesAsync(InodeId inode, FileRange range) => new(_world.DelayAsync(_client.Process, _dropMax));

    // What is given is what is kept, of the same moment.
    private Attributes Given(in Attributes told)
    {
        if (!Files.TryGive(told.Inode, out var now)) return told;
        _attributes[told.Inode.Value] = new(now, Until());
        return now;
    }

    private TimeSpan Until() => _world.Now + Files.LeaseLeft;

    private bool TryGet<TKey, TValue>(SortedDictionary<TKey, Kept<TValue>> all, TKey key, out TValue value)
        where TKey : notnull
    {
        value = default!;
        if (!all.TryGetValue(key, out var given) || given.Until <= _world.Now) return false;
        value = given.Value;
        return true;
    }

    private readonly record struct Kept<T>(T Value, TimeSpan Until);
}
