namespace AttentionKernels.Launching;

/// <summary>Scratch memory of a kernel that is launched without a plan: allocated by the first launch, or one that needs more, and kept
/// with the kernel. Launches of several threads at the same moment take one each.</summary>
/// <param name="device">The device.</param>
internal sealed class ScratchMemory(AttentionDevice device)
{
    // Numbers of a cache line: workers do not share one.
    private const int Alignment = 16;

    private readonly Stack<Tensor<float>> _idle = new();

    /// <summary>Numbers of a worker for tiles that need so many.</summary>
    /// <exception cref="NotSupportedException">They cannot be counted in 32 bits.</exception>
    public static int Length(long needed)
    {
        long length = (needed + Alignment - 1) / Alignment * Alignment;
        return length <= int.MaxValue
            ? (int)length
            : throw new NotSupportedException($"A tile needs scratch memory of {length} numbers; there can be {int.MaxValue}.");
    }

    /// <summary>Takes memory for all workers, until it is returned.</summary>
    public Tensor<float> Take(int length)
    {
        long needed = (long)device.Workers * length;
        Tensor<float>? kept;
        lock (_idle)
            _idle.TryPop(out kept);
        if (kept?.Shape.ElementCount >= needed)
            return kept;
        kept?.Dispose();
        return device.Allocate<float>([needed]);
    }

    /// <summary>Returns it; work with it may be under way, and what takes it next is ordered after that.</summary>
    public void Return(Tensor<float> memory)
    {
        lock (_idle)
            _idle.Push(memory);
    }
}
