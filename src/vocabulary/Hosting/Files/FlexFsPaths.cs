namespace FlexFs.Hosting.Files;

/// <summary>Where the executables keep their state: below <c>~/.flexfs</c>.</summary>
/// <param name="Home">The user's home folder, absolute.</param>
public sealed record FlexFsPaths(string Home)
{
    /// <summary>The paths of the user who runs this process: <c>$HOME</c>, else the one of the password file.</summary>
    public static FlexFsPaths OfUser() => new(
        Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home
            ? Path.GetFullPath(home)
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } profile ? profile : "/");

    /// <summary>State of all components.</summary>
    public string Root => Path.Combine(Home, ".flexfs");

    /// <summary>Certificate, shared by all servers of a host.</summary>
    public string SslCert => Path.Combine(Root, "ssl", "cert");

    /// <summary>Its key.</summary>
    public string SslKey => Path.Combine(Root, "ssl", "key");

    /// <summary>State of one component: <c>~/.flexfs/COMPONENT</c>.</summary>
    public string Component(string component) => Path.Combine(Root, component);

    /// <summary>Credentials of a server: <c>~/.flexfs/COMPONENT/creds</c>.</summary>
    public string Credentials(string component) => Path.Combine(Root, component, "creds");

    /// <summary>Credentials for mounting a volume: <c>~/.flexfs/mount/creds/VOLUME</c>.</summary>
    public string MountCredentials(string volume) => Path.Combine(Root, "mount", "creds", volume);

    /// <summary>The absolute path of what a user wrote: a leading <c>~/</c> is the home folder.</summary>
    public string Expand(string path) =>
        path == "~" ? Home
        : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home, path[2..])
        : Path.GetFullPath(path);

    /// <summary>The path as help texts show it: the home folder as <c>~</c>.</summary>
    public string Abbreviate(string path) =>
        path.StartsWith(Home + "/", StringComparison.Ordinal) && Home != "/" ? "~" + path[Home.Length..] : path;
}
