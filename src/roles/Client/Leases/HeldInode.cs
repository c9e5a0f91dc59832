using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Leases;

/// <summary>The lease of one inode, and what is cached under it besides extents and data.</summary>
/// <remarks>Everything is under the inode's lock.</remarks>
internal sealed class HeldInode
{
    private TaskCompletionSource? _recalled;
    private TaskCompletionSource? _recallBegan;
    private TaskCompletionSource? _answered;
    private TaskCompletionSource? _unchanging;
    private int _givenUp;

    /// <summary>What the server gave.</summary>
    public LeaseKind Kind { get; set; }

    /// <summary>Whether the known attributes are those of now.</summary>
    public bool HasAttributes { get; set; }

    /// <summary>Of a directory: names that are known.</summary>
    public NameCache? Names { get; set; }

    /// <summary>Of a directory: what it lists, as far as that is known.</summary>
    public Listing? Listing { get; set; }

    /// <summary>Changes of this client that are with the server: what they change is not taken from answers meanwhile.</summary>
    public int Changing { get; private set; }

    /// <summary>Ends when no change of this client is with the server any more.</summary>
    public Task Unchanging => Changing == 0
        ? Task.CompletedTask
        : (_unchanging ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Recalls that are being carried out, or whose acknowledgement was not answered.</summary>
    public int Recalling { get; private set; }

    /// <summary>Whether a recall of it has dropped the lease, or its bytes, and waits for its acknowledgement to be answered.</summary>
    public bool IsGivenUp => _givenUp > 0;

    /// <summary>
    /// Ends when no acknowledgement is on its way. Recalls that still drop something are not waited for: what asks for bytes may be what
    /// they wait for.
    /// </summary>
    public Task Answered => _givenUp == 0
        ? Task.CompletedTask
        : (_answered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Ends when no recall is under way any more.</summary>
    public Task Recalled => Recalling == 0
        ? Task.CompletedTask
        : (_recalled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Ends when a recall comes.</summary>
    public Task RecallBegan => Recalling > 0
        ? Task.CompletedTask
        : (_recallBegan ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>A change of this client goes to the server.</summary>
    public void BeginChange() => Changing++;

    /// <summary>It was answered.</summary>
    public void EndChange()
    {
        if (--Changing > 0) return;
        _unchanging?.TrySetResult();
        _unchanging = null;
    }

    /// <summary>A recall came.</summary>
    public void BeginRecall()
    {
        Recalling++;
        _recallBegan?.TrySetResult();
        _recallBegan = null;
    }

    /// <summary>A recall has dropped everything: its acknowledgement comes next.</summary>
    public void GiveUp() => _givenUp++;

    /// <summary>A recall was carried out, and the server knows.</summary>
    /// <param name="hadGivenUp">Whether it had called <see cref="GiveUp"/>.</param>
    public void EndRecall(bool hadGivenUp)
    {
        if (hadGivenUp && --_givenUp == 0)
        {
            _answered?.TrySetResult();
            _answered = null;
        }

        if (--Recalling > 0) return;
        _recalled?.TrySetResult();
        _recalled = null;
    }

    /// <summary>Nothing holds any more: the session ended, or the lease was given up.</summary>
    public void Drop()
    {
        Kind = LeaseKind.None;
        HasAttributes = false;
        ForgetNames();
    }

    /// <summary>No name is known any more.</summary>
    public void ForgetNames()
    {
        Names = null;
        Listing = null;
    }

    /// <summary>What a name is is not known any more, nor what is listed.</summary>
    public void ForgetName(ReadOnlySpan<byte> name)
    {
        Names?.Remove(name);
        Listing = null;
    }
}
