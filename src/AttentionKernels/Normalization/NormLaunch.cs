using System.Runtime.CompilerServices;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <content>The launches.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>Queues the kernels; all is checked.</summary>
    internal sealed partial class NormSet : Norms
    {
        // Elements that are work enough for a tile of a processor.
        private const int LongPlane = 256;

        public override void Load(AttentionDevice device, KernelSchedule schedule, NormSize size)
        {
            switch (schedule, size.IsByGroup)
            {
                case (KernelSchedule.Simt, true):
                    device.LoadGroupKernel<GroupNormSimt, BatchNormArguments>();
                    break;
                case (KernelSchedule.Simt, false) when size.Features % 4 == 0:
                    Simt<RegularRows>.Load(device);
                    break;
                case (KernelSchedule.Simt, false):
                    Simt<AnyRows>.Load(device);
                    break;
                case (_, true):
                    device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.GroupNormVector, BatchNormArguments>();
                    break;
                case (_, false):
                    LoadedTiles(device, isBeyondCaches: false);
                    if (IsBeyondCaches(size.Count, size.Features))
                        LoadedTiles(device, isBeyondCaches: true);
                    break;
            }
        }

        public override void Run(in NormCall call, KernelSchedule? schedule, NormRows rows)
        {
            call.Trace(Kind, rows);
            if (call.Scales is not null)
            {
                Quantize(call, schedule, rows);
                return;
            }

            AttentionDevice device = call.Device;
            RowNormArguments arguments = Arguments(call, rows);
            if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Simt)
            {
                if (arguments.AreRegular())
                    Simt<RegularRows>.Run(call, arguments);
                else
                    Simt<AnyRows>.Run(call, arguments);
                return;
            }

            LoadedTiles(device, IsBeyondCaches(rows.Count, rows.Hidden)).Run(call.Stream, arguments, rows.Count);
        }

        public override void Softmax(in NormCall call, KernelSchedule? schedule, NormRows rows)
        {
            call.Trace(Kind, rows);
            AttentionDevice device = call.Device;
            RowNormArguments arguments = Arguments(call, rows);
            if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Simt)
            {
                if (arguments.AreRegular())
                    device.LoadGroupKernel<Simt<RegularRows>.SoftmaxSimt, RowNormArguments>().Run(call.Stream, arguments, rows.Count);
                else
                    device.LoadGroupKernel<Simt<AnyRows>.SoftmaxSimt, RowNormArguments>().Run(call.Stream, arguments, rows.Count);
                return;
            }

            ILoadedTiles<RowNormArguments> kernel = IsBeyondCaches(rows.Count, rows.Hidden)
                ? device.LoadVectorKernel<Vector<Fp32x4, NonTemporalStore>.SoftmaxVector, RowNormArguments>()
                : device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.SoftmaxVector, RowNormArguments>();
            kernel.Run(call.Stream, arguments, rows.Count);
        }

        public override void Train(in NormCall call, KernelSchedule? schedule, NormChannels channels)
        {
            call.Trace("BatchNorm-training", channels);
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

        public override void Infer(in NormCall call, NormChannels channels)
        {
            call.Trace("BatchNorm-inference", channels);
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
            call.Trace("GroupNorm", channels, isMeasured: false);
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

        private static ILoadedTiles<RowNormArguments> LoadedTiles(AttentionDevice device, bool isBeyondCaches) => isBeyondCaches
            ? device.LoadVectorKernel<Vector<Fp32x4, NonTemporalStore>.RowNormVector, RowNormArguments>()
            : device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormVector, RowNormArguments>();

        private static bool IsBeyondCaches(long rows, int hidden) =>
            rows * hidden * Unsafe.SizeOf<TElement>() > NonTemporalStore.LargestCache;

        private static RowNormArguments Arguments(in NormCall call, NormRows rows)
        {
            ArrayView<byte> none = call.Output.SubView(0, 0);
            return new()
            {
                Input = call.Input.Cast<TElement>(),
                Output = call.Output.Cast<TElement>(),
                Addend = (call.Addend ?? none).Cast<TElement>(),
                Sum = (call.Addend is null ? none : call.Input).Cast<TElement>(),
                Rows = rows,
            };
        }

        private static BatchNormArguments Arguments(in NormCall call, NormChannels channels) =>
            new() { Input = call.Input.Cast<TElement>(), Output = call.Output.Cast<TElement>(), Channels = channels };
    }

    internal static partial class Simt<TAccess>
    {
        /// <summary>Compiles the kernels of rows and of their sums.</summary>
        public static void Load(AttentionDevice device)
        {
            device.LoadGroupKernel<Of<PlainRows>.RowNormSimt, RowNormArguments>();
            device.LoadGroupKernel<Of<SummedRows>.RowNormSimt, RowNormArguments>();
        }

        /// <summary>Queues the kernel of rows, or of their sums.</summary>
        public static void Run(in NormCall call, RowNormArguments arguments)
        {
            long rows = arguments.Rows.Count;
            if (call.Addend is null)
                call.Device.LoadGroupKernel<Of<PlainRows>.RowNormSimt, RowNormArguments>().Run(call.Stream, arguments, rows);
            else
                call.Device.LoadGroupKernel<Of<SummedRows>.RowNormSimt, RowNormArguments>().Run(call.Stream, arguments, rows);
        }
    }
}
