using System.Reflection;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>What is allocated on a device, as ILGPU keeps account of it: an accelerator knows its buffers, though it shows them to nobody.</summary>
internal static class DeviceMemory
{
    private static readonly MethodInfo _forEachBuffer =
        typeof(Accelerator).GetMethod("ForEachChildObject", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!
            .MakeGenericMethod(typeof(MemoryBuffer));

    /// <summary>Bytes of all buffers that are alive.</summary>
    public static long Allocated(AttentionDevice device)
    {
        // A typed buffer and the memory under it are two children at one address.
        var buffers = new Dictionary<nint, long>();
        Action<MemoryBuffer> count = buffer =>
        {
            if (!buffer.IsDisposed)
                buffers[buffer.NativePtr] = buffer.LengthInBytes;
        };
        _forEachBuffer.Invoke(device.Accelerator, [count]);
        return buffers.Values.Sum();
    }
}
