using System.Runtime.CompilerServices;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Normalization.Kernels;

/// <content>The launches.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>Queues the kernels; all is checked.</summary>
    internal sealed class NormSet : Norms
    {
        // Elements that are work enough for a tile of a processor.
        private const int LongPlane = 256;

        public override void Run(in NormCall call, KernelSchedule? schedule, NormRows rows)
        {
            AttentionDevice device = call.Device;
            ArrayView<byte> none = call.Output.SubView(0, 0);
            var arguments = new RowNormArguments
            {
                Input = call.Input.Cast<TElement>(),
                Output = call.Output.Cast<TElement>(),
                Addend = (call.Addend ?? none).Cast<TElement>(),
                Sum = (call.Addend is null ? none : call.Input).Cast<TElement>(),
                Rows = rows,
            };
            if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Simt)
            {
                long count = rows.Count;
                AcceleratorStream stream = call.Stream;
                switch (arguments.AreRegular(), call.Addend is null)
                {
                    case (true, true):
                        device.LoadGroupKernel<Simt<RegularRows>.RowNormSimt<PlainRows>, RowNormArguments>().Run(stream, arguments, count);
                        break;
                    case (true, false):
                        device.LoadGroupKernel<Simt<RegularRows>.RowNormSimt<SummedRows>, RowNormArguments>().Run(stream, arguments, count);
                        break;
                    case (false, true):
                        device.LoadGroupKernel<Simt<AnyRows>.RowNormSimt<PlainRows>, RowNormArguments>().Run(stream, arguments, count);
                        break;
                    case (false, false):
                        device.LoadGroupKernel<Simt<AnyRows>.RowNormSimt<SummedRows>, RowNormArguments>().Run(stream, arguments, count);
                        break;
                }

                return;
            }

            ILoadedTiles<RowNormArguments> kernel = rows.Count * rows.Hidden * Unsafe.SizeOf<TElement>() > NonTemporalStore.LargestCache
                ? device.LoadVectorKernel<Vector<Fp32x4, NonTemporalStore>.RowNormVector, RowNormArguments>()
                : device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormVector, RowNormArguments>();
            kernel.Run(call.Stream, arguments, rows.Count);
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

        public override void Train(in NormCall call, KernelSchedule? schedule, NormChannels channels)
        {
            AttentionDevice device = call.Device;
            BatchNormArguments arguments = Arguments(call, channels);
            long tiles = call.Input.Length == 0 ? 0 : channels.Channels;
            if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Simt)
                device.LoadGroupKernel<BatchNormTrainingSimt, BatchNormArguments>().Run(call.Stream, arguments, tiles);
            else
            {
                device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.BatchNormTrainingVector, BatchNormArguments>()
                    .Run(call.Stream, arguments, tiles);
            }
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

        public override void Infer(in NormCall call, NormChannels channels)
        {
            AttentionDevice device = call.Device;
            long planes = (long)channels.Batch * channels.Channels;
            if (device.IsGpu)
            {
                device.LoadTileKernel<BatchNormInference, BatchNormArguments>()
                    .Run(call.Stream, Arguments(call, channels), planes * channels.Spatial);
                return;
            }

            channels.PlanesPerTile = channels.Spatial >= LongPlane ? 1 : channels.Channels;
            device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.BatchNormInferenceVector, BatchNormArguments>()
                .Run(call.Stream, Arguments(call, channels), planes / channels.PlanesPerTile);
        }

        public override void RunGroups(in NormCall call, KernelSchedule? schedule, NormChannels channels)
        {
            AttentionDevice device = call.Device;
            BatchNormArguments arguments = Arguments(call, channels);
            long groups = call.Input.Length == 0 ? 0 : (long)channels.Batch * channels.Groups;
            if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Simt)
                device.LoadGroupKernel<GroupNormSimt, BatchNormArguments>().Run(call.Stream, arguments, groups);
            else
            {
                device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.GroupNormVector, BatchNormArguments>()
                    .Run(call.Stream, arguments, groups);
            }
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

        private static BatchNormArguments Arguments(in NormCall call, NormChannels channels) =>
            new() { Input = call.Input.Cast<TElement>(), Output = call.Output.Cast<TElement>(), Channels = channels };
    }

    internal static partial class Simt<TAccess>
    {
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
