using FlexFs.Core;

namespace FlexFs.MetadataService.Objects;

/// <summary>Deletes objects of one volume from its object store.</summary>
public interface IObjectDeleter
{
    /// <summary>Deletes them; one that is not there is deleted already. When it returns, none of them is there.</summary>
    /// <exception cref="IOException">Some are still there: what, where and why.</exception>
    ValueTask DeleteAsync(VolumeId volume, IReadOnlyList<ObjectId> objects, CancellationToken cancellationToken);
}
