using System.Text;

namespace FlexFs.Hosting.Systemd;

/// <summary>A service of systemd: one of our servers.</summary>
public sealed record SystemdUnit
{
    /// <summary>Component: <c>meta</c> makes the unit <c>flexfs-meta.service</c>.</summary>
    public required string Component { get; init; }

    /// <summary>What <c>systemctl status</c> shows.</summary>
    public required string Description { get; init; }

    /// <summary>The executable, absolute.</summary>
    public required string Executable { get; init; }

    /// <summary>Flags added to <c>start</c>, as for a shell; may be empty.</summary>
    public string StartFlags { get; init; } = "";

    /// <summary>Home folder of the service: its state is below it.</summary>
    public required string Home { get; init; }

    /// <summary>Seconds to wait before the start, so that services that this one calls come up first; 0 for none.</summary>
    public int StartDelaySeconds { get; init; }

    /// <summary>Name of the unit.</summary>
    public string Name => $"flexfs-{Component}.service";

    /// <summary>The unit file.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.Append("[Unit]\n");
        text.Append("Description=").Append(Description).Append('\n');
        text.Append("Wants=network-online.target\nAfter=network-online.target\n\n");
        text.Append("[Service]\nType=notify\n");
        // A system service has no HOME of its own, and all state is found through it.
        text.Append("Environment=").Append(Quote("HOME=" + Home)).Append('\n');
        if (StartDelaySeconds > 0) text.Append("ExecStartPre=/bin/sleep ").Append(StartDelaySeconds).Append('\n');
        text.Append("ExecStart=").Append(Quote(Executable)).Append(" start");
        if (StartFlags.Length > 0) text.Append(' ').Append(StartFlags);
        text.Append("\nRestart=always\nRestartSec=1\nLimitNOFILE=1048576\nUMask=0077\n\n");
        text.Append("[Install]\nWantedBy=multi-user.target\n");
        return text.ToString();
    }

    // systemd.syntax(7), systemd.unit(5): quotes and backslashes are escaped, % is doubled.
    private static string Quote(string word)
    {
        string escaped = word.Replace("%", "%%", StringComparison.Ordinal);
        return escaped.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=%+:@".Contains(c, StringComparison.Ordinal))
            ? escaped
            : '"' + escaped.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
    }
}
