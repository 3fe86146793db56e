using AttentionKernels.Launching;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Normalization.Kernels;

/// <content>The launches.</content>
internal static partial class BatchNormModule<TAffine>
{
    // Elements that are work enough for a tile of a processor.
    private const int LongPlane = 256;

    /// <summary>Queues the kernel of a schedule for training; all is checked.</summary>
    public static void RunTraining(
        AttentionDevice device, KernelSchedule? schedule, AcceleratorStream stream, BatchNormArguments arguments, long channels)
    {
        if (ScheduleChoice.Resolve(device, schedule, BatchNormTrainingSimt.GroupSize, GroupSum.SharedMemory) == KernelSchedule.Simt)
        {
            device.LoadGroupKernel<BatchNormTrainingSimt, BatchNormArguments>().Run(stream, arguments, channels);
            return;
        }

        device.LoadVectorKernel<BatchNormTrainingVector<Fp32x4>, BatchNormArguments>().Run(stream, arguments, channels);
    }

    /// <summary>Queues the kernel of the device for inference; all is checked.</summary>
    public static void RunInference(AttentionDevice device, AcceleratorStream stream, BatchNormArguments arguments)
    {
        long planes = (long)arguments.Batch * arguments.Channels;
        if (device.IsGpu)
        {
            device.LoadTileKernel<BatchNormInference, BatchNormArguments>().Run(stream, arguments, planes * arguments.Spatial);
            return;
        }

        arguments.PlanesPerTile = arguments.Spatial >= LongPlane ? 1 : arguments.Channels;
        device.LoadVectorKernel<BatchNormInferenceVector<Fp32x4>, BatchNormArguments>()
            .Run(stream, arguments, planes / arguments.PlanesPerTile);
    }
}
