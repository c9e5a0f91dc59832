namespace FlexFs.Fuse.Memory;

/// <summary>The slots of requests under way. They are few thousand at most: the kernel bounds what is unanswered.</summary>
/// <remarks>Slots are made in slabs of native memory that live as long as the server.</remarks>
internal sealed class SlotPool
{
    private const int SlotsPerSlab = 32;
    private readonly Lock _lock = new();
    private readonly FuseServer _server;
    private readonly IFuseMemory _memory;
    private readonly List<nint> _slabs = [];
    private readonly List<RequestSlot> _all = [];
    private RequestSlot[] _idle = new RequestSlot[SlotsPerSlab];
    private int _idleCount;
    private bool _closed;

    public SlotPool(FuseServer server, IFuseMemory memory)
    {
        _server = server;
        _memory = memory;
    }

    /// <summary>Requests that are not answered.</summary>
    public int Out
    {
        get
        {
            lock (_lock) return _all.Count - _idleCount;
        }
    }

    public RequestSlot Rent()
    {
        lock (_lock)
        {
            if (_idleCount == 0) Grow();
            return _idle[--_idleCount];
        }
    }

    public void Return(RequestSlot slot)
    {
        lock (_lock)
        {
            _idle[_idleCount++] = slot;
            if (_closed && _idleCount == _all.Count) FreeSlabs();
        }
    }

    /// <summary>Tells the request, if it is under way here, that its program was interrupted.</summary>
    public bool Interrupt(ulong unique)
    {
        RequestSlot[] slots;
        lock (_lock) slots = _all.ToArray();
        foreach (RequestSlot slot in slots)
        {
            if (slot.TryInterrupt(unique)) return true;
        }
        return false;
    }

    /// <summary>Frees the memory now, or when the last request is answered.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            if (_idleCount == _all.Count) FreeSlabs();
        }
    }

    private void Grow()
    {
        nuint bytes = SlotsPerSlab * RequestSlot.SmallBytes;
        nint slab = _memory.Allocate(bytes);
        if (slab == 0) throw new InsufficientMemoryException($"no memory for {SlotsPerSlab} FUSE request slots");
        _slabs.Add(slab);
        for (int i = 0; i < SlotsPerSlab; i++)
        {
            var small = new NativeBuffer(slab + (i * RequestSlot.SmallBytes), RequestSlot.SmallBytes);
            var slot = new RequestSlot(_server, small);
            _all.Add(slot);
            if (_all.Count > _idle.Length) Array.Resize(ref _idle, _idle.Length * 2);
            _idle[_idleCount++] = slot;
        }
    }

    private void FreeSlabs()
    {
        foreach (nint slab in _slabs) _memory.Free(slab, SlotsPerSlab * RequestSlot.SmallBytes);
        _slabs.Clear();
        _all.Clear();
        _idleCount = 0;
    }
}
