namespace FlexFs.Conformance.Locks;

/// <summary>flock(2).</summary>
public sealed class FLockTests(Subject subject) : Conforms(subject)
{
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int Unlock = 8;

    [Theory, Man("flock(2): EWOULDBLOCK")]
    public void An_exclusive_lock_keeps_others_out_and_shared_ones_go_together(Place place) => In(place, () =>
    {
        Make("f");
        var (a, b, c) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDONLY)));
        Ok(Libc.FLock(a, Exclusive));
        Fails(EAGAIN, Libc.FLock(b, Exclusive | NonBlocking));
        Fails(EAGAIN, Libc.FLock(b, Shared | NonBlocking));
        Ok(Libc.FLock(a, Shared));
        Ok(Libc.FLock(b, Shared | NonBlocking));
        Ok(Libc.FLock(c, Shared | NonBlocking));
        Fails(EAGAIN, Libc.FLock(c, Exclusive | NonBlocking));
        Ok(Libc.FLock(a, Unlock));
        Ok(Libc.FLock(b, Unlock));
        Ok(Libc.FLock(c, Exclusive | NonBlocking));
        foreach (var file in new[] { a, b, c }) Close(file);
    });

    [Theory, Man("flock(2)")]
    public void A_lock_belongs_to_the_open_file_and_goes_with_its_last_descriptor(Place place) => In(place, () =>
    {
        Make("f");
        var a = Ok(Open("f", O_RDWR));
        var copy = Ok(Libc.Dup(a));
        var b = Ok(Open("f", O_RDWR));
        Ok(Libc.FLock(a, Exclusive));
        Ok(Libc.FLock(copy, Exclusive | NonBlocking));
        Close(a);
        Fails(EAGAIN, Libc.FLock(b, Exclusive | NonBlocking));
        Close(copy);
        // The close is answered before the file system hears of it (fuse: RELEASE).
        Soon(() => Libc.FLock(b, Exclusive | NonBlocking) == 0);
        Close(b);
    });

    [Theory, Man("flock(2): EBADF, EINVAL")]
    public void Wrong_calls_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDONLY));
        Fails(EINVAL, Libc.FLock(file, 0));
        Fails(EINVAL, Libc.FLock(file, Shared | Exclusive));
        Fails(EBADF, Libc.FLock(-1, Shared));
        Ok(Libc.FLock(file, Unlock));
        Close(file);
    });

    [Theory, Man("flock(2)")]
    public void Who_waits_goes_on_when_the_lock_is_free(Place place) => In(place, () =>
    {
        Make("f");
        var (a, b) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Libc.FLock(a, Exclusive));
        var waiting = new Thread(() => Ok(Libc.FLock(b, Exclusive))) { IsBackground = true };
        waiting.Start();
        Assert.False(waiting.Join(TimeSpan.FromMilliseconds(50)));
        Ok(Libc.FLock(a, Unlock));
        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
        Fails(EAGAIN, Libc.FLock(a, Shared | NonBlocking));
        Close(a);
        Close(b);
    });

    private static void Soon(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)));
}
