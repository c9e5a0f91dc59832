namespace FlexFs.Apps.Mount;

/// <summary>
/// Turns the way mount(8) calls a helper (<c>mount.flexfs NAME MOUNT-POINT [-sfnv] [-o OPTIONS]</c>) into the command line of
/// <c>start</c>, so that <c>mount -t flexfs</c> and /etc/fstab work. mount(8) always gives an absolute mount point.
/// </summary>
public static class HelperArguments
{
    private static readonly string[] Commands = ["start", "init", "deinit", "version", "license"];

    // Options of mount(8) and systemd.mount(5) that are for others, or the default.
    private static readonly HashSet<string> Ignored = new(StringComparer.Ordinal)
    {
        "rw", "suid", "dev", "exec", "async", "auto", "noauto", "user", "nouser", "users", "owner", "group", "defaults",
        "_netdev", "nofail", "relatime", "diratime", "nodiratime", "atime", "strictatime", "noacl", "nouser_xattr",
    };

    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["nodev"] = "--noDev",
        ["noatime"] = "--noATime",
        ["user_xattr"] = "--xAttr",
        ["noexec"] = "--noExec",
        ["nosuid"] = "--noSUID",
    };

    /// <summary>Arguments for the command line; unchanged when they are not a helper's.</summary>
    public static IReadOnlyList<string> Translate(IReadOnlyList<string> arguments)
    {
        if (arguments.Count < 2 || arguments[0].StartsWith('-') || Commands.Contains(arguments[0], StringComparer.Ordinal))
        {
            return arguments;
        }

        List<string> translated = ["start"];
        var names = 0;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "-o" && i + 1 < arguments.Count)
            {
                foreach (var option in arguments[++i].Split(',', StringSplitOptions.RemoveEmptyEntries)) Add(option);
            }
            else if (argument == "-v")
            {
                translated.Add("--verbose");
            }
            else if (argument is "-s" or "-n" or "-f")
            {
                // Sloppy, no mtab, fake: nothing of ours (mount(8), "EXTERNAL HELPERS").
            }
            else
            {
                names++;
                translated.Add(argument);
            }
        }

        return names == 2 && translated[2].StartsWith('/') ? translated : arguments;

        void Add(string option)
        {
            if (Ignored.Contains(option) || option.StartsWith("x-", StringComparison.Ordinal)
                || option.StartsWith("comment=", StringComparison.Ordinal))
            {
                return;
            }

            if (Renamed.TryGetValue(option, out var flag))
            {
                translated.Add(flag);
                return;
            }

            var equals = option.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                translated.Add("--" + option);
            }
            else
            {
                translated.Add("--" + option[..equals]);
                translated.Add(option[(equals + 1)..]);
            }
        }
    }
}
