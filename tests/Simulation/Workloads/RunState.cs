using FlexFs.Core;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>An inode that some program has met: what it is called by the kernel, and by the checkers.</summary>
public readonly record struct Known(InodeId Inode, uint Tag);

/// <summary>What the programs of a run share: the steps left, the checkers, and what they know of the tree.</summary>
public sealed class RunState(SimulatedWorld world)
{
    private const int KnownMax = 6;
    private uint _operations;
    private long _events;

    /// <summary>The world.</summary>
    public SimulatedWorld World => world;

    /// <summary>Of names.</summary>
    public NameChecker Names { get; } = new(world.Marks);

    /// <summary>Of bytes.</summary>
    public ByteChecker Bytes { get; } = new();

    /// <summary>Of attributes and bytes of inodes.</summary>
    public InodeChecker Inodes { get; } = new(world.Marks);

    /// <summary>Of locks.</summary>
    public LockChecker Locks { get; } = new();

    /// <summary>Whether hosts share everything at once: all of them have leases.</summary>
    public bool IsShared => world.Options.Workload == "shared";

    /// <summary>Bytes of a cell (<see cref="InodeOperation"/>): small files are inline, larger ones have objects and blocks.</summary>
    public int CellBytes { get; } = world.Chance.Of([1, 700, 3000, 65536]);

    /// <summary>Whether a read or write of several cells is not one step: they lie in several blocks.</summary>
    public bool HasLargeCells => CellBytes > 4096;

    /// <summary>A program pauses after one operation in so many.</summary>
    public int PauseOneIn { get; } = HasSilence(world) ? 2 : 10;

    /// <summary>For so long at most: where hosts are silent for long, others are at work meanwhile.</summary>
    public TimeSpan PauseMax { get; } = TimeSpan.FromSeconds(HasSilence(world) ? 10 : 1);

    /// <summary>Operations left to begin.</summary>
    public int StepsLeft { get; set; } = world.Options.Steps;

    /// <summary>Directories that programs go to; some may be gone.</summary>
    public List<Known> Directories { get; } = [new Known(InodeId.Root, 0)];

    /// <summary>Files that programs go to; some may be gone.</summary>
    public List<Known> Files { get; } = [];

    /// <summary>Whether files lose their names in this run.</summary>
    public bool UnlinksFiles => world.Options.Workload != "bytes";

    private static bool HasSilence(SimulatedWorld world) =>
        world.Options.Workload == "shared" && (world.Options.Faults & (Faults.Partitions | Faults.Freezes)) != 0;

    /// <summary>Numbers for operations; also tags of what they make.</summary>
    public uint NextOperation() => ++_operations;

    /// <summary>Numbers for questions and answers, in the order in which they happen.</summary>
    public long NextEvent() => ++_events;

    /// <summary>Remembers an inode, instead of another one when many are known.</summary>
    public void Learn(List<Known> known, InodeId inode, uint tag)
    {
        if (known.Exists(k => k.Tag == tag)) return;
        if (known.Count >= KnownMax) known[1 + world.Chance.Below(known.Count - 1)] = new Known(inode, tag);
        else known.Add(new Known(inode, tag));
    }

    /// <summary>Fails the run on an answer that no fault of this run explains.</summary>
    public void Expect(Errno errno, SimulatedClient client, string what, params ReadOnlySpan<Errno> expected)
    {
        if (errno == Errno.OK || expected.Contains(errno) || IsExplained(errno, client)) return;
        throw new ViolationException($"{client.Process.Name}: {what} was answered {errno}, and nothing in this run explains it");
    }

    /// <summary>Whether a fault of this run explains an error.</summary>
    public bool IsExplained(Errno errno, SimulatedClient client)
    {
        var faults = world.Options.Faults;
        return errno switch
        {
            Errno.ENOSPC => (faults & (Faults.StoreFull | Faults.ObjectsFull)) != 0,
            Errno.EIO => (faults & (Faults.ObjectFailures | Faults.Lies)) != 0 || client.HasLostSession,
            Errno.ESTALE => client.HasLostSession,
            _ => false,
        };
    }
}
