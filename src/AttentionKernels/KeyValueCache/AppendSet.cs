using AttentionKernels.Attention.Layouts;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache.Kernels;

internal static partial class AppendModule<TElement, TKey, TValue, TPairs>
{
    /// <summary>Appends to a cache; kernels are compiled at the first call.</summary>
    internal sealed class AppendSet(PagedKeyValueCache cache) : PagedAppend
    {
        /// <inheritdoc/>
        public override void Run(AcceleratorStream stream, in AppendCall call)
        {
            KeyValueBuffer<TKey> keys = KeyValueBuffer<TKey>.Of(cache.Memory.Keys.Tokens(call.Layer));
            KeyValueBuffer<TValue> values = KeyValueBuffer<TValue>.Of(cache.Memory.Values.Tokens(call.Layer));
            bool findsScales = (TKey.IsScaled || TValue.IsScaled) && cache.Options.Scales == PageScales.TokenAndHead;
            int dimension = cache.Options.HeadDimension;
            var arguments = new AppendArguments
            {
                Key = call.Key.Data.Cast<TElement>(),
                Value = call.Value.Data.Cast<TElement>(),
                Slots = call.Slots.Data,
                KeyPages = keys,
                ValuePages = values,
                KeyTokenStride = call.Key.TokenStride,
                KeyHeadStride = call.Key.HeadStride,
                ValueTokenStride = call.Value.TokenStride,
                ValueHeadStride = call.Value.HeadStride,
                SlotStride = call.Slots.Strides[0],
                SlotCount = cache.Slots,
                PageSize = cache.Options.PageSize,
                Rows = call.Slots.Shape[0] * cache.Options.KeyValueHeads,
                Heads = cache.Options.KeyValueHeads,
                HeadDimension = dimension,
                FindsScales = findsScales ? 1 : 0,
                StoresValues = cache.IsLatent ? 0 : 1,
            };
            if (call.Rotation is { } turned)
            {
                arguments.Positions = turned.Positions.Data;
                arguments.PositionStride = turned.Positions.Strides[0];
                arguments.Cosine = turned.Table.Cosine.View.Data;
                arguments.Sine = turned.Table.Sine.View.Data;
                arguments.RotaryDimension = turned.Table.RotaryDimension;
                arguments.RotaryStart = cache.IsLatent ? dimension - turned.Table.RotaryDimension : 0;
                arguments.TablePositions = turned.Table.Positions;
            }
            else
            {
                // Drivers want real memory, though it is not read.
                arguments.Positions = call.Slots.Data.SubView(0, 0).Cast<int>();
                arguments.Cosine = keys.Scales.SubView(0, 0);
                arguments.Sine = keys.Scales.SubView(0, 0);
            }

            AttentionDevice device = cache.Device;
            if (ScheduleChoice.Resolve(device, null, AppendGroup.Threads, AppendGroup.SharedMemory) == KernelSchedule.Vector)
            {
                device.LoadTileKernel<AppendVector, AppendArguments>().Run(stream, arguments, arguments.Rows);
                return;
            }

            long groups = (arguments.Rows + AppendGroup.Heads - 1) / AppendGroup.Heads;
            if (arguments.AreRegular())
                device.LoadGroupKernel<AppendSimt<RegularRows>, AppendArguments>().Run(stream, arguments, groups);
            else
                device.LoadGroupKernel<AppendSimt<AnyRows>, AppendArguments>().Run(stream, arguments, groups);
        }
    }
}
