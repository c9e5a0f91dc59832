namespace FlexFs.Blocks.Codecs;

/// <summary>Working memory of a codec, kept for the next use: as many as were in use at a time, up to a bound.</summary>
internal sealed class ContextPool<T>(Func<T> create)
    where T : class, IDisposable
{
    private const int KeptMax = 16;
    private readonly Stack<T> _free = new();

    internal T Rent()
    {
        lock (_free)
        {
            if (_free.TryPop(out var context)) return context;
        }

        return create();
    }

    internal void Return(T context)
    {
        lock (_free)
        {
            if (_free.Count < KeptMax)
            {
                _free.Push(context);
                return;
            }
        }

        context.Dispose();
    }
}
