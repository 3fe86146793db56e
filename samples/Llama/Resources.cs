namespace AttentionKernels.Samples.Llama;

/// <summary>Things that are disposed together, the last one first: device memory that is allocated piece by piece has one owner.</summary>
internal sealed class Resources : IDisposable
{
    private readonly Stack<IDisposable> owned = new();

    /// <summary>Takes over the disposal of <paramref name="resource"/>.</summary>
    /// <returns>The same resource.</returns>
    public T Add<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }

    /// <summary>Disposes everything that was added.</summary>
    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? resource))
            resource.Dispose();
    }
}
