namespace FlexFs.Conformance.Attributes;

/// <summary>utimensat(2), futimens(3).</summary>
public sealed class UTimeTests(Subject subject) : Conforms(subject)
{
    private static readonly Timespec Past = new(1_000_000_000, 123_456_789);
    private static readonly Timespec Other = new(1_234_567_890, 999_999_999);

    [Theory, Man("utimensat(2)")]
    public void Times_are_kept_to_the_nanosecond_and_the_change_time_is_now(Place place) => In(place, () =>
    {
        Make("f");
        Ok(MkDir("d"));
        Ok(MkNod("p", Mode.IFIFO));
        foreach (var name in new[] { "f", "d", "p" })
        {
            var before = Stat(name).Changed.Total;
            Ok(Libc.UTimeNsAt(Here, name, Past, Other));
            var found = Stat(name);
            Assert.Equal((Past.Seconds, (uint)Past.Nanoseconds), (found.Accessed.Seconds, found.Accessed.Nanoseconds));
            Assert.Equal((Other.Seconds, (uint)Other.Nanoseconds), (found.Modified.Seconds, found.Modified.Nanoseconds));
            Assert.True(found.Changed.Total >= before);
        }
    });

    [Theory, Man("utimensat(2)")]
    public void Times_before_1970_and_after_2038_are_kept(Place place) => In(place, () =>
    {
        Make("f");
        foreach (var seconds in new long[] { -1, -1_000_000_000, 0, 1, 0x7fffffff, 0x80000000, 0x100000000, 9_000_000_000 })
        {
            Ok(Libc.UTimeNsAt(Here, "f", new Timespec(seconds, 5), new Timespec(seconds, 999_999_999)));
            Assert.Equal((seconds, 5u), (Stat("f").Accessed.Seconds, Stat("f").Accessed.Nanoseconds));
            Assert.Equal((seconds, 999_999_999u), (Stat("f").Modified.Seconds, Stat("f").Modified.Nanoseconds));
        }
    });

    [Theory, Man("utimensat(2)", MountOnly = true)]
    public void Times_from_1678_to_2262_are_kept_and_others_become_the_nearest(Place place) => In(place, () =>
    {
        const long last = long.MaxValue / 1_000_000_000;
        Make("f");
        Ok(MkDir("d"));
        Ok(Symlink("f", "s"));
        foreach (var name in new[] { "f", "d", "s" })
        {
            foreach (var (given, kept) in new[] { (last - 1, last - 1), (-last + 1, -last + 1), (-5_000_000_000, -5_000_000_000), (1L << 40, last), (-(1L << 40), -last) })
            {
                Ok(Libc.UTimeNsAt(Here, name, new Timespec(given, 0), new Timespec(given, 0), AT_SYMLINK_NOFOLLOW));
                Assert.Equal((name, kept, kept), (name, Stat(name).Accessed.Seconds, Stat(name).Modified.Seconds));
            }
        }
    });

    [Theory, Man("utimensat(2): UTIME_NOW, UTIME_OMIT")]
    public void Now_and_omitted_are_each_times_own(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Libc.UTimeNsAt(Here, "f", Past, Past));
        Ok(Libc.UTimeNsAt(Here, "f", Timespec.Omit, Other));
        Assert.Equal((Past.Seconds, Other.Seconds), (Stat("f").Accessed.Seconds, Stat("f").Modified.Seconds));
        Ok(Libc.UTimeNsAt(Here, "f", Timespec.Now, Timespec.Omit));
        Assert.True(Stat("f").Accessed.Seconds > Other.Seconds);
        Assert.Equal(Other.Seconds, Stat("f").Modified.Seconds);
        Assert.Equal(Moves.Nothing, Moved("f", () => Ok(Libc.UTimeNsAt(Here, "f", Timespec.Omit, Timespec.Omit))));
        Ok(Libc.UTimeNsAt(Here, "f", Past, Past));
        Assert.Equal(new Moves(true, true, true), Moved("f", () => Ok(Libc.UTimeNsAt(Here, "f", Timespec.Now, Timespec.Now))));
    });

    [Theory, Man("utimensat(2): EACCES, EPERM")]
    public void Who_may_write_sets_now_and_the_owner_any_time(Place place) => In(place, () =>
    {
        Make("f", default, O(646));
        Make("closed", default, O(600));
        Ok(ChOwn("f", 1001, 2001));
        As(Bob, () =>
        {
            Ok(Libc.UTimeNsAt(Here, "f", Timespec.Now, Timespec.Now));
            Fails(EPERM, Libc.UTimeNsAt(Here, "f", Past, Past));
            Fails(EPERM, Libc.UTimeNsAt(Here, "f", Timespec.Now, Timespec.Omit));
            Fails(EACCES, Libc.UTimeNsAt(Here, "closed", Timespec.Now, Timespec.Now));
            Fails(EPERM, Libc.UTimeNsAt(Here, "closed", Past, Past));
            Ok(Libc.UTimeNsAt(Here, "closed", Timespec.Omit, Timespec.Omit));
        });
        Ok(ChMod("f", O(400)));
        As(Alice, () =>
        {
            Ok(Libc.UTimeNsAt(Here, "f", Past, Past));
            Ok(Libc.UTimeNsAt(Here, "f", Timespec.Now, Timespec.Now));
        });
    });

    [Theory, Man("utimensat(2): EINVAL, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EBADF, EACCES")]
    public void Wrong_times_and_paths_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        Fails(EINVAL, Libc.UTimeNsAt(Here, "f", new Timespec(0, 1_000_000_000), Past));
        Fails(EINVAL, Libc.UTimeNsAt(Here, "f", Past, new Timespec(0, -1)));
        Fails(EINVAL, Libc.UTimeNsAt(Here, "f", Past, Past, (AtFlags)0x800000));
        Fails(ENOENT, Libc.UTimeNsAt(Here, "x", Past, Past));
        Fails(ENOENT, Libc.UTimeNsAt(Here, "", Past, Past));
        Fails(ENOTDIR, Libc.UTimeNsAt(Here, "f/x", Past, Past));
        Fails(ELOOP, Libc.UTimeNsAt(Here, "loop", Past, Past));
        Fails(ENAMETOOLONG, Libc.UTimeNsAt(Here, Name256, Past, Past));
        Fails(EBADF, Libc.FUTimeNs(-1, Past, Past));
        As(Alice, () => Fails(EACCES, Libc.UTimeNsAt(Here, "closed/file", Past, Past)));
    });

    [Theory, Man("utimensat(2): AT_SYMLINK_NOFOLLOW")]
    public void A_symbolic_link_has_times_of_its_own(Place place) => In(place, () =>
    {
        Make("f");
        Ok(Symlink("f", "s"));
        Ok(Libc.UTimeNsAt(Here, "s", Past, Past, AT_SYMLINK_NOFOLLOW));
        Assert.Equal(Past.Seconds, Stat("s").Modified.Seconds);
        Assert.NotEqual(Past.Seconds, Stat("f").Modified.Seconds);
        Ok(Libc.UTimeNsAt(Here, "s", Other, Other));
        Assert.Equal((Past.Seconds, Other.Seconds), (Stat("s").Modified.Seconds, Stat("f").Modified.Seconds));
    });

    [Theory, Man("futimens(3)")]
    public void Times_that_are_set_between_writes_and_close_stay(Place place) => In(place, () =>
    {
        var file = Ok(Open("f", O_CREAT | O_RDWR, O(600)));
        Ok(Libc.Write(file, new byte[100_000]));
        Ok(Libc.FUTimeNs(file, Past, Other));
        Close(file);
        Assert.Equal((Past.Seconds, Other.Seconds), (Stat("f").Accessed.Seconds, Stat("f").Modified.Seconds));
        file = Ok(Open("f", O_RDWR));
        Assert.Equal(Other.Seconds, Stat(file).Modified.Seconds);
        Ok(Libc.Write(file, "x"u8));
        Assert.True(Stat(file).Modified.Seconds > Other.Seconds);
        Close(file);
        Assert.True(Stat("f").Modified.Seconds > Other.Seconds);
    });
}
