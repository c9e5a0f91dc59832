using System.Runtime.InteropServices;
using FlexFs.Hosting.Native;

namespace FlexFs.Hosting.Files;

/// <summary>Files that are there whole or not at all, for readers and after a power cut.</summary>
/// <remarks>A file is written under another name in its folder, fsynced, given its name in one step, and the folder is
/// fsynced. What a crash leaves behind is a file named <c>.NAME.RANDOM.tmp</c>, which nothing reads.</remarks>
public static class AtomicFile
{
    /// <summary>Mode of files that hold secrets: 0600.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode PrivateFolder = Private | UnixFileMode.UserExecute;

    /// <summary>Makes the folder and those above it that are missing, each with mode 0700.</summary>
    public static void CreatePrivateFolder(string folder)
    {
        // The class library gives the mode to the last folder only.
        Stack<string> missing = new();
        for (string? at = Path.GetFullPath(folder); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing.Push(at);
        foreach (string path in missing)
        {
            if (File.Exists(path)) throw new IOException($"the folder {folder} cannot be made: {path} is a file");
            try
            {
                Directory.CreateDirectory(path, PrivateFolder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"the folder {folder} cannot be made: no folder can be made in {Path.GetDirectoryName(path)}", e);
            }
        }
    }

    /// <summary>Writes the file in place of the one that is there, if any.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode = Private)
    {
        string temporary = WriteTemporary(path, bytes, mode);
        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        SyncFolder(path);
    }

    /// <summary>Writes the file unless there is one.</summary>
    /// <returns>False when another was there first; it is untouched.</returns>
    public static bool TryCreate(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode = Private)
    {
        string temporary = WriteTemporary(path, bytes, mode);
        try
        {
            // link(2), not rename(2): of two that try at once exactly one succeeds.
            if (Libc.Link(temporary, path) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Libc.EEXIST) return false;
                throw new IOException($"cannot create {path}: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
        finally
        {
            File.Delete(temporary);
        }
        SyncFolder(path);
        return true;
    }

    private static string WriteTemporary(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using FileStream stream = new(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = mode,
                BufferSize = 0,
            });
            // Exactly the mode that was asked for, whatever the umask takes away.
            File.SetUnixFileMode(stream.SafeFileHandle, mode);
            stream.Write(bytes);
            // fsync(2) itself: Flush(flushToDisk: true) was seen to pass over an error of it.
            if (Libc.Fsync((int)stream.SafeFileHandle.DangerousGetHandle()) != 0)
            {
                throw new IOException($"{path} could not be made durable: {Marshal.GetLastPInvokeErrorMessage()}");
            }

        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        return temporary;
    }

    private static void SyncFolder(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        int descriptor = Libc.Open(folder, Libc.O_CLOEXEC);
        if (descriptor < 0) throw FolderError(folder);
        bool synced = Libc.Fsync(descriptor) == 0;
        IOException? error = synced ? null : FolderError(folder);
        _ = Libc.Close(descriptor);
        if (error is not null) throw error;
    }

    private static IOException FolderError(string folder) =>
        new($"cannot fsync folder {folder}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
