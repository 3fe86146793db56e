using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <content>The launches of gradients.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal sealed partial class NormSet
    {
        // All of them, before the first is launched: where one cannot be compiled, nothing is computed.
        public override void LoadBackward(AttentionDevice device, KernelSchedule schedule, bool isByGroup, bool isRegular)
        {
            device.LoadTileKernel<GradientOfChunks, ChunkArguments>();
            switch (schedule, isByGroup)
            {
                case (KernelSchedule.Simt, true):
                    device.LoadGroupKernel<GroupNormBackwardSimt, ChannelBackwardArguments>();
                    break;
                case (KernelSchedule.Simt, false) when isRegular:
                    Simt<RegularRows>.LoadBackward(device);
                    break;
                case (KernelSchedule.Simt, false):
                    Simt<AnyRows>.LoadBackward(device);
                    break;
                case (_, true):
                    device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.GroupNormBackwardVector, ChannelBackwardArguments>();
                    break;
                case (_, false):
                    device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormBackwardVector, RowBackwardArguments>();
                    break;
            }
        }

        public override void RowsBackward(
            in NormBackwardCall call, KernelSchedule schedule, NormRows rows, FeatureSums sums,
            ArrayView<Standardization> standardizations)
        {
            AttentionDevice device = call.Device;
            var arguments = new RowBackwardArguments
            {
                Input = call.Input.Cast<TElement>(),
                OutputGradient = call.OutputGradient.Cast<TElement>(),
                InputGradient = call.InputGradient.Cast<TElement>(),
                Rows = rows,
                Standardizations = standardizations,
                Sums = sums,
            };
            LoadBackward(device, schedule, isByGroup: false, arguments.AreRegular());
            bool hasFeatures = call.WeightGradient.Length + call.BiasGradient.Length > 0;
            if (schedule == KernelSchedule.Vector)
            {
                device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormBackwardVector, RowBackwardArguments>()
                    .Run(call.Stream, arguments, sums.Chunks);
            }
            else if (arguments.AreRegular())
                Simt<RegularRows>.RunBackward(call, arguments, hasFeatures);
            else
                Simt<AnyRows>.RunBackward(call, arguments, hasFeatures);
            StoreOfChunks(call, sums);
        }

        public override void ChannelsBackward(in NormBackwardCall call, KernelSchedule? schedule, NormChannels channels)
        {
            AttentionDevice device = call.Device;
            ChannelBackwardArguments arguments = Arguments(call, channels, default);
            KernelSchedule chosen = ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory);
            if (call.Input.Length == 0)
                StoreOfChunks(call, arguments.Sums);
            else if (chosen == KernelSchedule.Simt)
            {
                device.LoadGroupKernel<BatchNormBackwardSimt, ChannelBackwardArguments>()
                    .Run(call.Stream, arguments, channels.Channels);
            }
            else
            {
                device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.BatchNormBackwardVector, ChannelBackwardArguments>()
                    .Run(call.Stream, arguments, channels.Channels);
            }
        }

        public override void GroupsBackward(in NormBackwardCall call, KernelSchedule schedule, NormChannels channels, FeatureSums sums)
        {
            AttentionDevice device = call.Device;
            LoadBackward(device, schedule, isByGroup: true, isRegular: false);
            ChannelBackwardArguments arguments = Arguments(call, channels, sums);
            long groups = call.Input.Length == 0 ? 0 : (long)channels.Batch * channels.Groups;
            if (schedule == KernelSchedule.Simt)
                device.LoadGroupKernel<GroupNormBackwardSimt, ChannelBackwardArguments>().Run(call.Stream, arguments, groups);
            else
            {
                device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.GroupNormBackwardVector, ChannelBackwardArguments>()
                    .Run(call.Stream, arguments, groups);
            }

            if (groups == 0)
                sums.Chunks = 0;
            StoreOfChunks(call, sums);
        }

        // Gradients of weights and biases from their sums; zeros where there is no chunk.
        private static void StoreOfChunks(in NormBackwardCall call, FeatureSums sums)
        {
            call.Device.LoadTileKernel<GradientOfChunks, ChunkArguments>().Run(
                call.Stream, new ChunkArguments { Sums = sums, Weight = call.WeightGradient, Bias = call.BiasGradient },
                call.WeightGradient.Length + call.BiasGradient.Length);
        }

        private static ChannelBackwardArguments Arguments(in NormBackwardCall call, NormChannels channels, FeatureSums sums) => new()
        {
            Input = call.Input.Cast<TElement>(),
            OutputGradient = call.OutputGradient.Cast<TElement>(),
            InputGradient = call.InputGradient.Cast<TElement>(),
            WeightGradient = call.WeightGradient,
            BiasGradient = call.BiasGradient,
            Channels = channels,
            Sums = sums.Chunks > 0 ? sums : new FeatureSums { Memory = call.WeightGradient },
        };
    }

    internal static partial class Simt<TAccess>
    {
        /// <summary>Compiles the kernels.</summary>
        public static void LoadBackward(AttentionDevice device)
        {
            device.LoadGroupKernel<RowNormBackwardSimt, RowBackwardArguments>();
            if (TAffine.HasWeight)
                device.LoadGroupKernel<FeatureGradientSimt, RowBackwardArguments>();
        }

        /// <summary>Queues the gradients of rows, and, where they are asked for, of features by chunks.</summary>
        public static void RunBackward(in NormBackwardCall call, RowBackwardArguments arguments, bool hasFeatures)
        {
            AttentionDevice device = call.Device;
            device.LoadGroupKernel<RowNormBackwardSimt, RowBackwardArguments>().Run(call.Stream, arguments, arguments.Rows.Count);
            if (!hasFeatures)
                return;
            long groups = (long)arguments.Sums.Chunks * FeatureGradientSimt.GroupsOfChunk(arguments.Sums.Stride);
            device.LoadGroupKernel<FeatureGradientSimt, RowBackwardArguments>().Run(call.Stream, arguments, groups);
        }
    }
}
