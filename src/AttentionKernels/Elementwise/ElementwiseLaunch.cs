using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

/// <content>The launches.</content>
internal static partial class ElementwiseModule<TElement, TFormula>
{
    /// <summary>Queues the kernels; all is checked.</summary>
    internal sealed class ElementwiseSet : Formulas
    {
        public override void Run(in ElementwiseCall call, ElementwiseRows rows)
        {
            AttentionDevice device = call.Device;
            ElementwiseArguments arguments = Arguments(call, rows);
            if (device.IsGpu)
            {
                if (arguments.AreRegular())
                {
                    device.LoadTileKernel<Simt<RegularRows>.ElementwiseSimt, ElementwiseArguments>()
                        .Run(call.Stream, arguments, Simt<RegularRows>.Tiles(rows));
                }
                else
                {
                    device.LoadTileKernel<Simt<AnyRows>.ElementwiseSimt, ElementwiseArguments>()
                        .Run(call.Stream, arguments, Simt<AnyRows>.Tiles(rows));
                }

                return;
            }

            long tiles = arguments.Rows.Divide();
            long bytes = rows.Count * rows.Columns * Interop.SizeOf<TElement>();
            ILoadedTiles<ElementwiseArguments> kernel = bytes > NonTemporalStore.LargestCache
                ? device.LoadVectorKernel<Vector<Fp32x4, NonTemporalStore>.ElementwiseVector, ElementwiseArguments>()
                : device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.ElementwiseVector, ElementwiseArguments>();
            kernel.Run(call.Stream, arguments, tiles);
        }

        public override void AddToTable(in ElementwiseCall call, ElementwiseRows rows)
        {
            AttentionDevice device = call.Device;
            ElementwiseArguments arguments = Arguments(call, rows);
            if (!device.IsGpu)
            {
                device.LoadVectorKernel<Vector<Fp32x4, CachedStore>.EmbeddingGradientVector, ElementwiseArguments>()
                    .Run(call.Stream, arguments, rows.Count);
            }
            else if (arguments.AreRegular())
            {
                device.LoadTileKernel<Simt<RegularRows>.EmbeddingGradientSimt, ElementwiseArguments>()
                    .Run(call.Stream, arguments, Simt<RegularRows>.Tiles(rows));
            }
            else
            {
                device.LoadTileKernel<Simt<AnyRows>.EmbeddingGradientSimt, ElementwiseArguments>()
                    .Run(call.Stream, arguments, Simt<AnyRows>.Tiles(rows));
            }
        }

        private static ElementwiseArguments Arguments(in ElementwiseCall call, ElementwiseRows rows) => new()
        {
            X = call.X.Cast<TElement>(),
            Y = call.Y.Cast<TElement>(),
            Output = call.Output.Cast<TElement>(),
            Indices = call.Indices ?? call.Output.SubView(0, 0).Cast<int>(),
            Rows = rows,
        };
    }
}
