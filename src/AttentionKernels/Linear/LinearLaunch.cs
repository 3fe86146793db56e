using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Linear.Kernels;

/// <content>The launch.</content>
internal static partial class LinearModule<TWeight>
{
    /// <summary>Queues the kernels; all is checked.</summary>
    internal sealed class LinearSet : LinearLayers
    {
        public override void Run(in LinearCall call, KernelSchedule? schedule, LinearSizes sizes)
        {
            AttentionDevice device = call.Device;
            var arguments = new LinearArguments
            {
                Input = call.Input,
                Weight = call.Weight.Cast<TWeight>(),
                Bias = call.Bias,
                Output = call.Output,
                Sizes = sizes,
            };
            if (ScheduleChoice.Resolve(device, schedule, LinearTileSizes.Threads, LinearTileSizes.SharedMemory) == KernelSchedule.Simt)
            {
                if (arguments.AreRegular())
                    Simt<RegularRows>.Run(device, arguments, call.Stream);
                else
                    Simt<AnyRows>.Run(device, arguments, call.Stream);
                return;
            }

            arguments.Sizes.TokensPerTile = LinearVector<Fp32x4>.MaximumTokens;
            arguments.Sizes.RowsPerTile = LinearVector<Fp32x4>.RowsPerTile(sizes.Rows, sizes.Columns, device.Workers);
            device.LoadVectorKernel<LinearVector<Fp32x4>, LinearArguments>().Run(call.Stream, arguments, LinearTile.Count(arguments.Sizes));
        }
    }

    internal static partial class Simt<TAccess>
    {
        /// <summary>Queues the kernel for so many tokens.</summary>
        public static void Run(AttentionDevice device, LinearArguments arguments, AcceleratorStream stream)
        {
            ref LinearSizes sizes = ref arguments.Sizes;
            if (sizes.Tokens <= LinearTileSizes.MostOfFewTokens)
            {
                sizes.TokensPerTile = LinearTileSizes.FewTokens;
                sizes.RowsPerTile = LinearTileSizes.FewRows;
                device.LoadGroupKernel<LinearSimt, LinearArguments>().Run(stream, arguments, LinearTile.Count(sizes));
                return;
            }

            sizes.TokensPerTile = LinearTileSizes.ManyTokens;
            sizes.RowsPerTile = LinearTileSizes.ManyRows;
            device.LoadGroupKernel<LinearTiledSimt, LinearArguments>().Run(stream, arguments, LinearTile.Count(sizes));
        }
    }
}
