namespace AttentionKernels.Streams;

/// <summary>A launch of a tile kernel on the managed CPU, as the <see cref="TileScheduler"/> sees it.</summary>
internal abstract class TileJob
{
    /// <summary>Takes tiles until none is left.</summary>
    public abstract void Work(int worker);

    /// <summary>Leaves the remaining tiles undone.</summary>
    public abstract void Stop();
}
