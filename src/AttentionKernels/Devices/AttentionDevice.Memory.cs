using AttentionKernels.Devices;

namespace AttentionKernels;

/// <content>What is allocated on the device.</content>
public sealed partial class AttentionDevice
{
    /// <summary>The bytes of the device's tensors, those of plans, caches and tables among them, that are not freed. What drivers hold
    /// besides, for code and queues, is not counted.</summary>
    public long AllocatedBytes => Memory.Bytes;

    /// <summary>The most that <see cref="AllocatedBytes"/> was since the device was opened, or since
    /// <see cref="ResetPeakAllocatedBytes"/>.</summary>
    public long PeakAllocatedBytes => Memory.Peak;

    /// <summary>Counts the tensors' memory.</summary>
    internal AllocatedMemory Memory { get; } = new();

    /// <summary>Begins to look for the peak anew, at what is allocated now.</summary>
    /// <example>
    /// <code>
    /// TensorShape shape = [2, 128, 4, 64];
    /// using Tensor&lt;float&gt; rows = device.Upload(new float[shape.ElementCount], shape);
    /// device.ResetPeakAllocatedBytes();
    /// using Tensor&lt;float&gt; output = device.Attention(rows, rows, rows, new CausalMask());
    /// Console.WriteLine(device.PeakAllocatedBytes);
    /// </code>
    /// </example>
    public void ResetPeakAllocatedBytes() => Memory.ResetPeak();
}
