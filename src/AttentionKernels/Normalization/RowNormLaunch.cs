using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Normalization.Kernels;

/// <content>The launch.</content>
internal static partial class RowNormModule<TCenter, TAffine>
{
    /// <summary>Queues the kernel of a schedule; all is checked.</summary>
    public static void Run(
        AttentionDevice device, KernelSchedule? schedule, AcceleratorStream stream, RowNormArguments arguments, long rows)
    {
        if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Simt)
        {
            if (arguments.AreRegular())
                device.LoadGroupKernel<Simt<RegularRows>.RowNormSimt, RowNormArguments>().Run(stream, arguments, rows);
            else
                device.LoadGroupKernel<Simt<AnyRows>.RowNormSimt, RowNormArguments>().Run(stream, arguments, rows);
            return;
        }

        ILoadedTiles<RowNormArguments> kernel = rows * arguments.Hidden * sizeof(float) > NonTemporalStore.LargestCache
            ? device.LoadVectorKernel<RowNormVector<Fp32x4, NonTemporalStore>, RowNormArguments>()
            : device.LoadVectorKernel<RowNormVector<Fp32x4, CachedStore>, RowNormArguments>();
        kernel.Run(stream, arguments, rows);
    }
}
