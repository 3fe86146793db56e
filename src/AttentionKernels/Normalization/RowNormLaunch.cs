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
        if (ScheduleChoice.Resolve(device, schedule, RowNormSimt.GroupSize, GroupSum.SharedMemory) == KernelSchedule.Simt)
        {
            device.LoadGroupKernel<RowNormSimt, RowNormArguments>().Run(stream, arguments, rows);
            return;
        }

        var run = new VectorRun(device, stream, arguments, rows);
        Vectors.Invoke(device.Description.VectorLanes, ref run);
    }

    private readonly struct VectorRun(
        AttentionDevice device, AcceleratorStream stream, RowNormArguments arguments, long rows) : IVectorAction
    {
        void IVectorAction.Invoke<TVector>()
        {
            if (rows * arguments.Hidden * sizeof(float) > NonTemporalStore.LargestCache)
                device.LoadTileKernel<RowNormVector<TVector, NonTemporalStore>, RowNormArguments>().Run(stream, arguments, rows);
            else
                device.LoadTileKernel<RowNormVector<TVector, CachedStore>, RowNormArguments>().Run(stream, arguments, rows);
        }
    }
}
