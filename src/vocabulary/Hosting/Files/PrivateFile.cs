using FlexFs.Hosting.CommandLine;

namespace FlexFs.Hosting.Files;

/// <summary>Reads files that hold secrets.</summary>
public static class PrivateFile
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The whole file. One that others may read is refused: its secret may be known already.</summary>
    /// <param name="path">Absolute; the caller knows that it exists.</param>
    /// <param name="what">For messages: <c>credentials</c>.</param>
    /// <param name="bytesMax">Longer ones are refused before they are read.</param>
    /// <exception cref="CommandException">It cannot be read, is open to others, or too long.</exception>
    public static byte[] Read(string path, string what, int bytesMax)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
            UnixFileMode mode = File.GetUnixFileMode(stream.SafeFileHandle);
            if ((mode & Others) != 0)
                throw new CommandException(
                    $"the {what} {path} are open to other users (mode 0{Convert.ToString((int)mode, 8)}): run chmod 600 {path}");
            if (stream.Length > bytesMax)
                throw new CommandException($"the {what} {path} cannot be read: {stream.Length} bytes are too many");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot read the {what} {path}: {e.Message}", cause: e);
        }
    }
}
