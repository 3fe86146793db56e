using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <content>The launches of norms that quantise.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal sealed partial class NormSet
    {
        private static void Quantize(in NormCall call, KernelSchedule? schedule, NormRows rows)
        {
            AttentionDevice device = call.Device;
            RowScales scales = call.Scales!.Value;
            ArrayView<byte> none = call.Output.SubView(0, 0);
            var arguments = new QuantizedArguments
            {
                Input = call.Input.Cast<TElement>(),
                Numbers = call.Output,
                Scales = scales.Found.Length > 0 ? scales.Found : none.Cast<float>(),
                Addend = (call.Addend ?? none).Cast<TElement>(),
                Sum = (call.Addend is null ? none : call.Input).Cast<TElement>(),
                Rows = rows,
                Scale = scales.Given,
                FindsScales = scales.Found.Length > 0 ? 1 : 0,
            };
            if (ScheduleChoice.Resolve(device, schedule, GroupSum.Threads, GroupSum.SharedMemory) == KernelSchedule.Vector)
                LoadedTiles(device, scales.Format).Run(call.Stream, arguments, rows.Count);
            else if (arguments.AreRegular())
                Simt<RegularRows>.Quantize(call, scales.Format, arguments);
            else
                Simt<AnyRows>.Quantize(call, scales.Format, arguments);
        }

        private static ILoadedTiles<QuantizedArguments> LoadedTiles(AttentionDevice device, NumberFormat format) =>
            format == NumberFormat.Int8
                ? device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormQuantizedVector<StoredInt8>, QuantizedArguments>()
            : format == NumberFormat.Float8E4M3
                ? device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormQuantizedVector<StoredFp8E4M3>, QuantizedArguments>()
            : device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.RowNormQuantizedVector<StoredFp8E5M2>, QuantizedArguments>();
    }

    internal static partial class Simt<TAccess>
    {
        /// <summary>Queues the kernel of a format.</summary>
        public static void Quantize(in NormCall call, NumberFormat format, QuantizedArguments arguments)
        {
            if (call.Addend is null)
                Of<PlainRows>.Quantize(call, format, arguments);
            else
                Of<SummedRows>.Quantize(call, format, arguments);
        }

        internal static partial class Of<TSource>
        {
            /// <inheritdoc cref="Simt{TAccess}.Quantize"/>
            public static void Quantize(in NormCall call, NumberFormat format, QuantizedArguments arguments)
            {
                AttentionDevice device = call.Device;
                long rows = arguments.Rows.Count;
                if (format == NumberFormat.Int8)
                    device.LoadGroupKernel<RowNormQuantizedSimt<StoredInt8>, QuantizedArguments>().Run(call.Stream, arguments, rows);
                else if (format == NumberFormat.Float8E4M3)
                    device.LoadGroupKernel<RowNormQuantizedSimt<StoredFp8E4M3>, QuantizedArguments>().Run(call.Stream, arguments, rows);
                else
                    device.LoadGroupKernel<RowNormQuantizedSimt<StoredFp8E5M2>, QuantizedArguments>().Run(call.Stream, arguments, rows);
            }
        }
    }
}
