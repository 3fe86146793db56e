using System.Runtime.InteropServices;

namespace AttentionKernels.Rooflines;

/// <summary>Native memory that begins at a cache line.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const int CacheLine = 64;

    /// <summary>Allocates, and touches every page, so that no run has to.</summary>
    public AlignedBuffer(long length)
    {
        Start = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), CacheLine);
        for (long index = 0; index < length; index++)
            Start[index] = 1;
    }

    /// <summary>The first number.</summary>
    public float* Start { get; private set; }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
