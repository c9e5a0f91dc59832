namespace FlexFs.Conformance.Locks;

/// <summary>fcntl(2): locks of ranges, of open files (F_OFD_SETLK) and of processes (F_SETLK).</summary>
public sealed class RecordLockTests(Subject subject) : Conforms(subject)
{
    private const int GetLock = 5;
    private const int SetLock = 6;
    private const int OpenGetLock = 36;
    private const int OpenSetLock = 37;
    private const int OpenSetLockWait = 38;

    [Theory, Man("fcntl(2): F_OFD_SETLK")]
    public void Ranges_conflict_where_they_overlap_and_one_writes(Place place) => In(place, () =>
    {
        Make("f");
        var (a, b) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Set(a, FLock.F_WRLCK, 10, 10));
        Fails(EAGAIN, Set(b, FLock.F_RDLCK, 19, 1));
        Fails(EAGAIN, Set(b, FLock.F_WRLCK, 0, 11));
        Fails(EAGAIN, Set(b, FLock.F_WRLCK, 0, 0));
        Ok(Set(b, FLock.F_WRLCK, 0, 10));
        Ok(Set(b, FLock.F_WRLCK, 20, 0));
        Ok(Set(a, FLock.F_RDLCK, 10, 10));
        Ok(Set(b, FLock.F_RDLCK, 15, 5));
        Fails(EAGAIN, Set(a, FLock.F_WRLCK, 10, 10));
        Ok(Set(a, FLock.F_WRLCK, 10, 5));
        Close(a);
        Close(b);
    });

    [Theory, Man("fcntl(2): F_OFD_GETLK")]
    public void Who_asks_is_told_what_is_in_the_way(Place place) => In(place, () =>
    {
        Make("f");
        var (a, b) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Set(a, FLock.F_WRLCK, 100, 50));
        FLock asked = new() { Type = FLock.F_RDLCK, Start = 0, Length = 0 };
        Ok(Libc.FCntl(b, OpenGetLock, ref asked));
        Assert.Equal((FLock.F_WRLCK, 100, 50), (asked.Type, asked.Start, asked.Length));
        asked = new() { Type = FLock.F_RDLCK, Start = 0, Length = 100 };
        Ok(Libc.FCntl(b, OpenGetLock, ref asked));
        Assert.Equal(FLock.F_UNLCK, asked.Type);
        Close(a);
        Close(b);
    });

    [Theory, Man("fcntl(2): splitting")]
    public void Unlocking_the_middle_leaves_two_ends(Place place) => In(place, () =>
    {
        Make("f");
        var (a, b) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Set(a, FLock.F_WRLCK, 0, 100));
        Ok(Set(a, FLock.F_UNLCK, 40, 20));
        Ok(Set(b, FLock.F_WRLCK, 40, 20));
        Fails(EAGAIN, Set(b, FLock.F_WRLCK, 39, 1));
        Fails(EAGAIN, Set(b, FLock.F_WRLCK, 60, 1));
        Close(b);
        Close(a);
    });

    [Theory, Man("fcntl(2): EBADF, EINVAL")]
    public void Wrong_calls_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        var (read, write) = (Ok(Open("f", O_RDONLY)), Ok(Open("f", O_WRONLY)));
        Fails(EBADF, Set(read, FLock.F_WRLCK, 0, 1));
        Fails(EBADF, Set(write, FLock.F_RDLCK, 0, 1));
        Fails(EBADF, Set(-1, FLock.F_RDLCK, 0, 1));
        Fails(EINVAL, Set(read, 77, 0, 1));
        Fails(EINVAL, Set(read, FLock.F_RDLCK, -5, 1));
        Fails(EINVAL, Set(read, FLock.F_RDLCK, 5, -6));
        FLock lockOf = new() { Type = FLock.F_RDLCK, Length = 1, Process = 1 };
        Fails(EINVAL, Libc.FCntl(read, OpenSetLock, ref lockOf));
        Close(read);
        Close(write);
    });

    [Theory, Man("fcntl(2): F_OFD_SETLKW")]
    public void Who_waits_goes_on_when_the_range_is_free(Place place) => In(place, () =>
    {
        Make("f");
        var (a, b) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Set(a, FLock.F_WRLCK, 0, 10));
        var waiting = new Thread(() =>
        {
            FLock wanted = new() { Type = FLock.F_WRLCK, Start = 5, Length = 10 };
            Ok(Libc.FCntl(b, OpenSetLockWait, ref wanted));
        })
        { IsBackground = true };
        waiting.Start();
        Assert.False(waiting.Join(TimeSpan.FromMilliseconds(50)));
        Ok(Set(a, FLock.F_UNLCK, 3, 7));
        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
        Fails(EAGAIN, Set(a, FLock.F_RDLCK, 14, 1));
        Close(a);
        Close(b);
    });

    [Theory, Man("fcntl(2): F_SETLK")]
    public void Processes_keep_each_other_out_and_any_close_ends_all_locks_of_a_process(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDWR));
        using OtherProcess other = new(PathOf("f"));
        FLock mine = new() { Type = FLock.F_WRLCK, Start = 0, Length = 10 };
        Ok(Libc.FCntl(file, SetLock, ref mine));
        Fails(EAGAIN, other.TryLock(5, 10));
        Ok(other.TryLock(10, 10));
        FLock asked = new() { Type = FLock.F_WRLCK, Start = 0, Length = 100 };
        Ok(Libc.FCntl(file, GetLock, ref asked));
        Assert.Equal((FLock.F_WRLCK, 10, 10, other.Id), (asked.Type, asked.Start, asked.Length, asked.Process));
        Close(Ok(Open("f", O_RDONLY)));
        Assert.True(SpinWait.SpinUntil(() => other.TryLock(0, 10) == 0, TimeSpan.FromSeconds(30)));
        Close(file);
    });

    [Theory, Man("fcntl(2): F_SETLK")]
    public void The_locks_of_a_process_end_with_it(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDWR));
        FLock mine = new() { Type = FLock.F_WRLCK, Start = 0, Length = 10 };
        using (OtherProcess other = new(PathOf("f")))
        {
            Ok(other.TryLock(0, 10));
            Fails(EAGAIN, Libc.FCntl(file, SetLock, ref mine));
        }

        Assert.True(SpinWait.SpinUntil(() => Libc.FCntl(file, SetLock, ref mine) == 0, TimeSpan.FromSeconds(30)));
        Close(file);
    });

    [Theory, Man("fcntl(2): l_whence, l_len")]
    public void A_range_begins_at_the_offset_or_the_end_and_may_lie_before_it(Place place) => In(place, () =>
    {
        Make("f", new byte[100]);
        var (a, b) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Libc.Seek(a, 50, Whence.SEEK_SET));
        foreach (var (whence, start, length, first, end) in new (Whence, long, long, long, long)[]
        {
            (Whence.SEEK_CUR, -10, 5, 40, 45), (Whence.SEEK_END, -10, 20, 90, 110), (Whence.SEEK_END, 0, -10, 90, 100), (Whence.SEEK_SET, 20, -20, 0, 20),
        })
        {
            FLock wanted = new() { Type = FLock.F_WRLCK, Whence = (short)whence, Start = start, Length = length };
            Ok(Libc.FCntl(a, OpenSetLock, ref wanted));
            FLock asked = new() { Type = FLock.F_WRLCK };
            Ok(Libc.FCntl(b, OpenGetLock, ref asked));
            Assert.Equal((FLock.F_WRLCK, first, end - first), (asked.Type, asked.Start, asked.Length));
            Ok(Set(a, FLock.F_UNLCK, 0, 0));
        }

        Close(a);
        Close(b);
    });

    private static long Set(int file, short type, long start, long length)
    {
        FLock wanted = new() { Type = type, Start = start, Length = length };
        return Libc.FCntl(file, OpenSetLock, ref wanted);
    }
}
