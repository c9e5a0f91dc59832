using System.Runtime.ExceptionServices;

namespace FlexFs.Harness.Native;

/// <summary>Who a thread is.</summary>
/// <param name="Uid">User.</param>
/// <param name="Gid">Group.</param>
/// <param name="Groups">Supplementary groups.</param>
public sealed record Identity(uint Uid, uint Gid, params uint[] Groups)
{
    /// <summary>root.</summary>
    public static readonly Identity Root = new(0, 0);

    private const int CloneFs = 0x200;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Runs on a thread of its own that has its own umask and current folder and may <see cref="Become"/> somebody else. libc changes all
    /// threads of a process at once; the system calls change one (nptl(7)).
    /// </summary>
    /// <param name="action">What is run.</param>
    /// <param name="limit">How long it may take, two minutes by default. After that the thread is left where it hangs.</param>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public static void OnThread(Action action, TimeSpan? limit = null)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Must(Libc.Call(272, CloneFs), "unshare");
                _ = Libc.UMask(0);
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        var allowed = limit ?? Patience;
        if (!thread.Join(allowed)) throw new TimeoutException($"what runs as another user hangs for {allowed.TotalSeconds:0} s");
        failure?.Throw();
    }

    /// <summary>Runs as this user on a thread of its own.</summary>
    public void Run(Action action) => OnThread(() =>
    {
        Become();
        action();
    });

    /// <summary>
    /// Makes the calling thread this user, real and effective; the saved user stays root, so that it can become another one. Capabilities
    /// go and come with that (capabilities(7), "Effect of user ID changes").
    /// </summary>
    public unsafe void Become()
    {
        Must(Libc.Call(117, 0, 0, 0), "setresuid");
        fixed (uint* groups = Groups) Must(Libc.Call(116, Groups.Length, (nint)groups), "setgroups");
        Must(Libc.Call(119, (nint)Gid, (nint)Gid, (nint)Gid), "setresgid");
        if (Uid != 0) Must(Libc.Call(117, (nint)Uid, (nint)Uid, 0), "setresuid");
    }

    /// <inheritdoc/>
    public override string ToString() => Uid == 0 ? "root" : $"{Uid}:{string.Join(',', (uint[])[Gid, .. Groups])}";

    private static void Must(long result, string what)
    {
        if (result < 0) throw new InvalidOperationException($"{what}: errno {-result}; these tests need root");
    }
}
