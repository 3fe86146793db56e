using System.ComponentModel;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.CPU;

namespace AttentionKernels.Tests.Tensors;

/// <summary>
/// More than 2³¹ floats of address space on the managed CPU. Only the pages that are touched take memory: the region is reserved, not committed.
/// </summary>
internal sealed unsafe partial class HugeMemory : IDisposable
{
    /// <summary>Elements of the region.</summary>
    public const long Length = (1L << 32) + (1L << 20);

    private const int ReadAndWrite = 0x1 | 0x2;
    private const int PrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;
    private const ulong Bytes = (ulong)Length * sizeof(float);

    private readonly float* _first;
    private readonly CPUMemoryBuffer _buffer;

    public HugeMemory(AttentionDevice device)
    {
        nint region = Map(0, Bytes, ReadAndWrite, PrivateAnonymousNoReserve, -1, 0);
        if (region == -1)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        _first = (float*)region;
        _buffer = CPUMemoryBuffer.Create((CPUAccelerator)device.Accelerator, region, Length, sizeof(float));
    }

    /// <summary>Whether the operating system can reserve without committing, by the call that is used here.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>The whole region.</summary>
    public ArrayView<float> View => _buffer.AsArrayView<float>(0, Length);

    /// <summary>An element, by its address and not through a view.</summary>
    public ref float this[long index] => ref _first[index];

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer.Dispose();
        _ = Unmap((nint)_first, Bytes);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, ulong length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, ulong length);
}
