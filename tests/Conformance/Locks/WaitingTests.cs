namespace FlexFs.Conformance.Locks;

/// <summary>fcntl(2), flock(2): locks that are waited for, deadlocks, and locks of processes that fork, execute and end.</summary>
public sealed class WaitingTests(Subject subject) : Conforms(subject)
{
    private const int SetLock = 6;
    private const int SetLockWait = 7;
    private const int OpenSetLock = 37;
    private const int OpenSetLockWait = 38;
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int Unlock = 8;

    [Theory, Man("flock(2): EINTR, fcntl(2): EINTR")]
    public void A_signal_ends_a_wait_and_what_waited_has_nothing(Place place) => In(place, () =>
    {
        Signals.Catch(Signals.Nudge);
        Make("f");
        var (a, b, c) = (Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)), Ok(Open("f", O_RDWR)));
        Ok(Libc.FLock(a, Exclusive));
        Fails(EINTR, new Waiting(() => Libc.FLock(b, Exclusive)).Interrupted());
        Ok(Libc.FLock(a, Unlock));
        Ok(Libc.FLock(c, Exclusive | NonBlocking));
        Ok(Libc.FLock(c, Unlock));

        Ok(Set(a, OpenSetLock, FLock.F_WRLCK, 0, 10));
        Fails(EINTR, new Waiting(() => Set(b, OpenSetLockWait, FLock.F_RDLCK, 5, 1)).Interrupted());
        Ok(Set(a, OpenSetLock, FLock.F_UNLCK, 0, 10));
        Ok(Set(c, OpenSetLock, FLock.F_WRLCK, 0, 10));
        foreach (var file in new[] { a, b, c }) Close(file);
    });

    [Theory, Man("fcntl(2): F_SETLKW, EINTR, EDEADLK")]
    public void Of_two_processes_that_wait_for_each_other_the_second_is_EDEADLK(Place place) => In(place, () =>
    {
        Make("f");
        var path = PathOf("f");
        var mine = Ok(Open("f", O_RDWR));
        Ok(Set(mine, SetLock, FLock.F_WRLCK, 0, 1));
        using ManualResetEventSlim holds = new(), ends = new();
        var theirs = -1L;
        // Record locks belong to the table of descriptors: a thread with one of its own is another process to them.
        Thread other = new(() =>
        {
            Ok(Libc.UnshareFiles());
            var file = Ok(Libc.OpenAt(Here, path, O_RDWR | O_CLOEXEC));
            Ok(Set(file, SetLock, FLock.F_WRLCK, 1, 1));
            holds.Set();
            theirs = Set(file, SetLockWait, FLock.F_WRLCK, 0, 1);
            ends.Wait(TimeSpan.FromSeconds(60));
            _ = Libc.Close(file);
        })
        { IsBackground = true };
        other.Start();
        Assert.True(holds.Wait(TimeSpan.FromSeconds(30)));
        // Whoever of the two asks second closes the circle.
        var result = Set(mine, SetLockWait, FLock.F_WRLCK, 1, 1);
        if (result == -(int)EDEADLK)
        {
            Ok(Set(mine, SetLock, FLock.F_UNLCK, 0, 1));
            Assert.True(SpinWait.SpinUntil(() => theirs == 0, TimeSpan.FromSeconds(30)), $"the other one: {theirs}");
            Fails(EAGAIN, Set(mine, SetLock, FLock.F_WRLCK, 0, 2));
        }
        else
        {
            Fails(EDEADLK, theirs);
            Ok(result);
        }

        ends.Set();
        Assert.True(other.Join(TimeSpan.FromSeconds(30)));
        Soon(() => Set(mine, SetLock, FLock.F_WRLCK, 0, 2) == 0);
        Close(mine);
    });

    [Theory, Man("fcntl(2): Record locks are not inherited by a child, but are preserved across an execve(2)")]
    public void A_record_lock_outlives_execve_and_ends_with_the_process(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDWR));
        using (Child child = new("import fcntl,os,sys; f=os.open(sys.argv[1],os.O_RDWR); fcntl.lockf(f,fcntl.LOCK_EX); os.set_inheritable(f,True)", PathOf("f")))
        {
            Fails(EAGAIN, Set(file, SetLock, FLock.F_RDLCK, 0, 0));
        }

        Soon(() => Set(file, SetLock, FLock.F_WRLCK, 0, 0) == 0);
        Close(file);
    });

    [Theory, Man("execve(2): close-on-exec, fcntl(2): F_SETLK")]
    public void One_whose_descriptor_is_closed_by_execve_ends_with_it(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDWR));
        foreach (var how in new[] { "lockf", "flock" })
        {
            using Child child = new($"import fcntl,os,sys; f=os.open(sys.argv[1],os.O_RDWR); fcntl.{how}(f,fcntl.LOCK_EX)", PathOf("f"));
            Soon(() => Set(file, SetLock, FLock.F_WRLCK, 0, 0) == 0 && Libc.FLock(file, Exclusive | NonBlocking) == 0);
            Ok(Set(file, SetLock, FLock.F_UNLCK, 0, 0));
            Ok(Libc.FLock(file, Unlock));
        }

        Close(file);
    });

    [Theory, Man("flock(2): fork(2), execve(2)")]
    public void A_flock_goes_on_through_execve_and_is_the_childs_too(Place place) => In(place, () =>
    {
        Make("f");
        var file = Ok(Open("f", O_RDWR));
        using (Child child = new("import fcntl,os,sys; f=os.open(sys.argv[1],os.O_RDWR); fcntl.flock(f,fcntl.LOCK_EX); os.set_inheritable(f,True)", PathOf("f")))
        {
            Fails(EAGAIN, Libc.FLock(file, Exclusive | NonBlocking));
        }

        Soon(() => Libc.FLock(file, Exclusive | NonBlocking) == 0);
        using (Child child = new(
            "import fcntl,os,sys; f=os.open(sys.argv[1],os.O_RDWR)\nfcntl.flock(f,fcntl.LOCK_SH)\nif os.fork()==0: fcntl.flock(f,fcntl.LOCK_UN); os._exit(0)\nos.wait()",
            PathOf("f"), isReady: false))
        {
            // What its own child unlocked is unlocked for both.
            Ok(Libc.FLock(file, Unlock));
            child.IsReady();
            Ok(Libc.FLock(file, Exclusive | NonBlocking));
        }

        Close(file);
    });

    private static long Set(int file, int command, short type, long start, long length)
    {
        FLock wanted = new() { Type = type, Start = start, Length = length };
        return Libc.FCntl(file, command, ref wanted);
    }

    private static void Soon(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(30)));

    /// <summary>A python program that does something and then executes cat(1), which ends with its stdin.</summary>
    private sealed class Child : IDisposable
    {
        private readonly System.Diagnostics.Process _process;

        internal Child(string script, string path, bool isReady = true)
        {
            FlexFs.Harness.Requirements.Programs("python3");
            System.Diagnostics.ProcessStartInfo start = new("python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (var argument in (string[])["-c", script + "\nos.execvp('cat',['cat'])", path]) start.ArgumentList.Add(argument);
            _process = System.Diagnostics.Process.Start(start)!;
            if (isReady) IsReady();
        }

        /// <summary>Returns when it is cat(1).</summary>
        internal void IsReady()
        {
            _process.StandardInput.WriteLine("ready");
            _process.StandardInput.Flush();
            Assert.Equal("ready", _process.StandardOutput.ReadLine());
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(30)));
            _process.Dispose();
        }
    }
}
