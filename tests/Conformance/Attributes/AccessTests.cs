namespace FlexFs.Conformance.Attributes;

/// <summary>access(2), faccessat(2).</summary>
public sealed class AccessTests(Subject subject) : Conforms(subject)
{
    private const int Exists = 0;
    private const int Execute = 1;
    private const int Write = 2;
    private const int Read = 4;

    [Theory, Man("access(2)")]
    public void Each_right_is_told_for_each_class(Place place) => In(place, () =>
    {
        for (var bits = 0; bits < 8; bits++)
        {
            foreach (var (shift, uid, gid) in new[] { (6, 1001, 2002), (3, 0, 2001), (0, 0, 2002) })
            {
                var name = $"f{bits}-{shift}";
                Make(name);
                Ok(ChMod(name, (uint)(bits << shift)));
                Ok(ChOwn(name, uid, gid));
                As(Alice, () =>
                {
                    for (var asked = 0; asked < 8; asked++)
                    {
                        if ((asked & ~bits) == 0) Ok(Access(name, asked), $"{bits} {shift} {asked}");
                        else Fails(EACCES, Access(name, asked), $"{bits} {shift} {asked}");
                    }
                });
            }
        }
    });

    [Theory, Man("access(2): X_OK for root")]
    public void Root_may_everything_but_execute_what_nobody_may(Place place) => In(place, () =>
    {
        Make("f", default, 0);
        Ok(Access("f", Read | Write));
        Fails(EACCES, Access("f", Execute));
        Ok(ChMod("f", O(1)));
        Ok(Access("f", Execute));
        Ok(MkDir("d", 0));
        Ok(Access("d", Read | Write | Execute));
    });

    [Theory, Man("access(2): ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL, EACCES")]
    public void Wrong_paths_and_modes_are_refused(Place place) => In(place, () =>
    {
        Make("f");
        MakeLoop("loop");
        MakeClosedFolder("closed");
        Ok(Symlink("nothing", "s"));
        Fails(ENOENT, Access("x", Exists));
        Fails(ENOENT, Access("s", Exists));
        Fails(ENOENT, Access("", Exists));
        Fails(ENOTDIR, Access("f/x", Exists));
        Fails(ELOOP, Access("loop", Exists));
        Fails(ENAMETOOLONG, Access(Name256, Exists));
        Fails(EINVAL, Access("f", 8));
        As(Alice, () => Fails(EACCES, Access("closed/file", Exists)));
        Ok(Libc.AccessAt(Here, "s", Exists, AT_SYMLINK_NOFOLLOW));
    });
}
