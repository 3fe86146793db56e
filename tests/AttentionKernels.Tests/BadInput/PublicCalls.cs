using System.Numerics.Tensors;
using AttentionKernels.Export;
using AttentionKernels.Tensors;
using AttentionKernels.Tests.Elementwise;
using AttentionKernels.Tests.Launching;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.BadInput;

/// <summary>The table: a valid call of every public method.</summary>
internal static class PublicCalls
{
    private static readonly Type[] _float = [typeof(float)];
    private static readonly Type[] _mask = [typeof(NoMask)];
    private static readonly Type[] _maskAndModifier = [typeof(NoMask), typeof(NoModifier)];
    private static readonly Type[] _typeAndMask = [typeof(float), typeof(NoMask)];
    private static readonly Type[] _all = [typeof(float), typeof(NoMask), typeof(NoModifier)];
    private static readonly Type[] _countTiles = [typeof(CountTiles), typeof(CountTilesArguments)];
    // A builder is there only while a context is made.
    private static readonly object _anyBuilder = new();
    // Compiled once, and saved at each call.
    private static readonly Lazy<ExportedLaunch> _launch = new(Launch);
    private static readonly TensorShape _query = [1, 3, 2, 8];
    private static readonly TensorShape _key = [1, 5, 2, 8];

    /// <summary>The rows, by the method's name in <see cref="PublicCall.Name"/>.</summary>
    public static IReadOnlyDictionary<string, PublicCall> Rows { get; } = new Dictionary<string, PublicCall>(StringComparer.Ordinal)
    {
        // Devices
        ["AttentionDevice.Open()"] = new(_ => []) { Call = static _ => AttentionDevice.Open().Dispose() },
        ["AttentionDevice.Open(kind)"] = new(_ => [DeviceKind.Cpu]) { Call = static given => AttentionDevice.Open((DeviceKind)given[0]!).Dispose() },
        ["AttentionDevice.Open(selector)"] = new(_ => ["cpu"]) { Call = static given => AttentionDevice.Open((string)given[0]!).Dispose() },
        ["AttentionDevice.Attach(accelerator)"] = new(scene => [scene.Device.Accelerator]),
        ["AttentionDevice.Synchronize(stream)"] = new(scene => [scene.Device, null]),
        ["AttentionDevice.SynchronizeAsync(stream, cancellationToken)"] = new(scene => [scene.Device, null, CancellationToken.None]),
        ["AttentionDevice.TraceShapes(writer, keyStep)"] = new(scene => [scene.Device, TextWriter.Null, 64])
        {
            Call = static given => ((AttentionDevice)given[0]!).TraceShapes((TextWriter)given[1]!, (int)given[2]!).Dispose(),
        },
        ["AttentionDevice.ResetPeakAllocatedBytes()"] = new(scene => [scene.Device]) { Takes = ["this: disposed"] },
        ["AttentionDevice.Dispose()"] = new(_ => [AttentionDevice.Open(DeviceKind.Cpu)]) { Takes = ["this: disposed"] },
        ["ContextBuilderExtensions.AttentionKernels(builder)"] = new(_ => [_anyBuilder]) { Call = static given => Build(given, prepare: builder => builder.AttentionKernels()) },
        ["ContextBuilderExtensions.AttentionKernelsOpenCl(builder)"] = new(_ => [_anyBuilder]) { Call = static given => Build(given, prepare: builder => builder.AttentionKernelsOpenCl()) },
        ["DeviceCatalog.List()"] = new(_ => []),

        // Kernels
        ["TileKernel.Run(stream, arguments, tiles)"] = new(scene => [.. TileKernel(scene), 3L]) { Types = _countTiles, Untried = ["tiles: the largest"] },
        ["TileKernel.Run(stream, arguments, tiles, scratch, scratchLength)"] =
            new(scene => [.. TileKernel(scene), 3L, scene.Floats(scene.Device.Workers).Data, 1]) { Types = _countTiles, Untried = ["tiles: the largest"] },

        ["KernelExport.RecordLaunches(device, run, computeCapability)"] = new(scene => [scene.Device, static () => { }, 80]),
        ["ExportedLaunch.Save(folder)"] = new(_ => [_launch.Value, Path.Combine(Path.GetTempPath(), "AttentionKernels.Tests.Export")])
        {
            Untried = ["folder: without meaning"],
        },

        // Attention
        ["AttentionOperations.PlanAttention(device, query, key, mask, options)"] = new(scene => [scene.Device, _query, _key, new NoMask(), null]) { Types = _mask },
        ["AttentionOperations.PlanAttention(device, query, key, mask, format, options)"] =
            new(scene => [scene.Device, _query, _key, new NoMask(), NumberFormat.Float32, null]) { Types = _typeAndMask },
        ["AttentionOperations.PlanAttention(device, query, key, mask, modifier, options)"] =
            new(scene => [scene.Device, _query, _key, new NoMask(), new NoModifier(), null]) { Types = _maskAndModifier },
        ["AttentionOperations.PlanAttention(device, query, key, mask, modifier, format, options)"] =
            new(scene => [scene.Device, _query, _key, new NoMask(), new NoModifier(), NumberFormat.Float32, null]) { Types = _all },
        ["AttentionOperations.Attention(device, query, key, value, mask, options)"] =
            new(scene => [scene.Device, scene.Floats(1, 3, 2, 8), scene.Floats(1, 5, 2, 8), scene.Floats(1, 5, 2, 8), new NoMask(), null]) { Types = _mask },
        ["AttentionOperations.Attention(device, query, key, value, mask, format, options)"] =
            new(scene => [scene.Device, scene.Floats(1, 3, 2, 8), scene.Floats(1, 5, 2, 8), scene.Floats(1, 5, 2, 8), new NoMask(), NumberFormat.Float32, null]) { Types = _typeAndMask },
        ["AttentionOperations.Attention(device, query, key, value, mask, modifier, format, options, logSumExp)"] =
            new(scene =>
            [
                scene.Device, scene.Floats(1, 3, 2, 8), scene.Floats(1, 5, 2, 8), scene.Floats(1, 5, 2, 8), new NoMask(), new NoModifier(),
                NumberFormat.Float32, null, scene.Floats(1, 2, 3),
            ])
            { Types = _all },
        ["AttentionPlan.Run(query, key, value, output, logSumExp, stream)"] =
            new(scene => [scene.Plan(), scene.Floats(1, 3, 2, 8), scene.Floats(1, 5, 2, 8), scene.Floats(1, 5, 2, 8), scene.Floats(1, 3, 2, 8), scene.Floats(1, 2, 3), null]) { Types = _float },
        ["AttentionOperations.PlanRaggedAttention(device, shape, mask, options)"] =
            new(scene => [scene.Device, CallScene.RaggedShape(), new NoMask(), null]) { Types = _mask },
        ["AttentionOperations.PlanRaggedAttention(device, shape, mask, format, options)"] =
            new(scene => [scene.Device, CallScene.RaggedShape(), new NoMask(), NumberFormat.Float32, null]) { Types = _typeAndMask },
        ["AttentionOperations.PlanRaggedAttention(device, shape, mask, modifier, format, options)"] =
            new(scene => [scene.Device, CallScene.RaggedShape(), new NoMask(), new NoModifier(), NumberFormat.Float32, null]) { Types = _all },
        ["RaggedAttentionPlan.Run(query, key, value, span lengths, output, logSumExp, stream)"] =
            new(scene => [scene.RaggedPlan(), scene.Floats(3, 2, 8), scene.Floats(3, 2, 8), scene.Floats(3, 2, 8), new[] { 3, 0 }, scene.Floats(3, 2, 8), scene.Floats(2, 3), null])
            {
                Types = _float,
                Call = static given => ((RaggedAttentionPlan<float>)given[0]!).Run(
                    (TensorView<float>)given[1]!, (TensorView<float>)given[2]!, (TensorView<float>)given[3]!, new RaggedLengths((int[])given[4]!),
                    (TensorView<float>)given[5]!, (TensorView<float>?)given[6], Stream(given[7])),
            },
        ["AttentionOperations.PlanQuantizedAttention(device, query, key, mask, format, formats, options)"] =
            new(scene => [scene.Device, _query, _key, new NoMask(), NumberFormat.Float32, CallScene.Formats, null]) { Types = _typeAndMask },
        ["AttentionOperations.PlanQuantizedAttention(device, query, key, mask, modifier, format, formats, options)"] =
            new(scene => [scene.Device, _query, _key, new NoMask(), new NoModifier(), NumberFormat.Float32, CallScene.Formats, null]) { Types = _all },
        ["QuantizedAttentionPlan.Run(query, key, value, output, logSumExp, stream)"] =
            new(scene =>
            [
                scene.QuantizedPlan(query: null), scene.Floats(1, 3, 2, 8), scene.Quantized(5), scene.Quantized(5), scene.Floats(1, 3, 2, 8),
                scene.Floats(1, 2, 3), null,
            ])
            {
                Types = _float,
            },
        ["QuantizedAttentionPlan.Run(storedQuery, key, value, output, logSumExp, stream)"] =
            new(scene =>
            [
                scene.QuantizedPlan(NumberFormat.Float8E4M3), scene.Quantized(3), scene.Quantized(5), scene.Quantized(5), scene.Floats(1, 3, 2, 8),
                scene.Floats(1, 2, 3), null,
            ])
            {
                Types = _float,
            },
        ["QuantizedFormats.new(Key, Value, Query)"] =
            new(_ => [NumberFormat.Int8, NumberFormat.Int8, null]) { Takes = ["Key: null", "Value: null"] },
        ["QuantizedTensor.new(numbers, scales)"] =
            new(scene => [scene.Of((byte)1, 1, 3, 2, 8), scene.Floats(1, 3, 2)]) { Takes = [.. AnyView("scales")] },
        ["QuantizedTensor.new(integers, scales)"] =
            new(scene => [scene.Of((sbyte)1, 1, 3, 2, 8), scene.Floats(1, 3, 2)]) { Takes = [.. AnyView("scales")] },
        ["AttentionOperations.PlanReferenceAttention(device, mask, scale)"] = new(scene => [scene.Device, new NoMask(), null]) { Types = _mask },
        ["AttentionOperations.PlanReferenceAttention(device, mask, modifier, scale)"] =
            new(scene => [scene.Device, new NoMask(), new NoModifier(), null]) { Types = _maskAndModifier },
        ["ReferenceAttentionPlan.Run(query, key, value, output, logSumExp, stream)"] =
            new(scene =>
            [
                scene.Device.PlanReferenceAttention(new NoMask()), scene.Of(0.5, 1, 3, 2, 8), scene.Of(0.25, 1, 5, 2, 8), scene.Of(2.0, 1, 5, 2, 8),
                scene.Of(0.0, 1, 3, 2, 8), scene.Of(0.0, 1, 2, 3), null,
            ]),
        ["PreparedAttention.Explain()"] = new(scene => [scene.Plan()]) { Takes = ["this: disposed"] },
        ["PreparedAttention.Dispose()"] = new(scene => [scene.Plan()]) { Takes = ["this: disposed"] },
        ["SoftCap.new(cap)"] = new(_ => [50f]),
        ["AlibiBias.new(heads)"] = new(_ => [8]),
        ["AttentionSinks.new(sinks)"] = new(scene => [scene.Floats(2)]) { Takes = [.. ViewOfPlan("sinks")] },
        ["DenseBias.new(bias)"] = new(scene => [scene.Floats(2, 3, 5)]) { Takes = [.. ViewOfPlan("bias"), "bias: of another rank"] },
        ["RelativeBias.new(bias, first)"] = new(scene => [scene.Floats(2, 9), -4]) { Takes = [.. ViewOfPlan("bias"), "first: negative"] },
        ["RelativeBuckets.Of(distance, buckets, largest, isBidirectional)"] = new(_ => [-3, 32, 128, false]) { Takes = ["distance: negative"] },
        ["RelativeBuckets.Table(span bias, heads, largest, isBidirectional)"] = new(_ => [new float[64], 2, 128, false])
        {
            Call = static given => RelativeBuckets.Table((float[])given[0]!, (int)given[1]!, (int)given[2]!, (bool)given[3]!),
            Untried = ["largest: the largest"],
        },
        ["PositionTemperature.new(factors)"] = new(scene => [scene.Floats(9)]) { Takes = [.. ViewOfPlan("factors")] },
        ["CausalMask.new(alignment)"] = new(_ => [CausalAlignment.TopLeft]),
        ["SlidingWindowMask.new(left, right)"] = new(_ => [3, 1]),
        ["ChunkedMask.new(size)"] = new(_ => [3]),
        ["PrefixMask.new(lengths)"] = new(scene => [scene.Of(1, 2)]) { Takes = [.. ViewOfPlan("lengths")] },
        ["DocumentMask.new(offsets)"] = new(scene => [scene.Of(1, 3)]) { Takes = [.. ViewOfPlan("offsets")] },
        ["TreeMask.new(parents)"] = new(scene => [scene.Of(-1, 2, 3)]) { Takes = [.. ViewOfPlan("parents")] },
        ["BitMask.new(words)"] = new(scene => [scene.Of(1u, 1, 2, 3, 1)]) { Takes = [.. ViewOfPlan("words")] },
        ["BlockSparseMask.new(index, queries, keys)"] = new(scene => [scene.Of(1, 1, 2, 3, 1), 64, 64]) { Takes = [.. ViewOfPlan("index")] },
        ["VariantOperations.And(mask, other)"] = new(_ => [new NoMask(), new NoMask()]) { Types = [typeof(NoMask), typeof(NoMask)] },
        ["VariantOperations.Or(mask, other)"] = new(_ => [new NoMask(), new NoMask()]) { Types = [typeof(NoMask), typeof(NoMask)] },
        ["VariantOperations.Then(modifier, next)"] = new(_ => [new NoModifier(), new NoModifier()]) { Types = [typeof(NoModifier), typeof(NoModifier)] },

        // Paged attention
        ["PagedAttentionOperations.PlanPagedAttention(device, table, heads, maximumQueries, mask, options)"] =
            new(scene => [scene.Device, scene.Table(), 2, 1, new NoMask(), null]) { Types = _mask },
        ["PagedAttentionOperations.PlanPagedAttention(device, table, heads, maximumQueries, mask, modifier, options)"] =
            new(scene => [scene.Device, scene.Table(), 2, 1, new NoMask(), new NoModifier(), null]) { Types = _maskAndModifier },
        ["PagedAttentionOperations.PlanPagedAttention(device, table, heads, maximumQueries, mask, modifier, format, options)"] =
            new(scene => [scene.Device, scene.Table(), 2, 1, new NoMask(), new NoModifier(), NumberFormat.Float32, null]) { Types = _all },
        ["PagedAttentionOperations.PlanCascadeAttention(device, table, heads, maximumQueries, mask, options)"] =
            new(scene => [scene.Device, scene.Table(), 2, 1, new NoMask(), null]) { Types = _mask },
        ["PagedAttentionOperations.PlanCascadeAttention(device, table, heads, maximumQueries, mask, modifier, format, options)"] =
            new(scene => [scene.Device, scene.Table(), 2, 1, new NoMask(), new NoModifier(), NumberFormat.Float32, null]) { Types = _all },
        ["PagedAttentionPlan.Run(query, span queryLengths, output, logSumExp, layer, stream)"] =
            new(scene => [scene.PagedPlan(), scene.Floats(3, 2, 8), new[] { 3, 0 }, scene.Floats(3, 2, 8), scene.Floats(2, 3), 0, null])
            {
                Types = _float,
                Call = static given => ((PagedAttentionPlan<float>)given[0]!).Run(
                    (TensorView<float>)given[1]!, (int[])given[2]!, (TensorView<float>)given[3]!, (TensorView<float>?)given[4], (int)given[5]!, Stream(given[6])),
            },

        // Pages
        ["PageAllocator.new(pages, watermark, reclaimer, memory)"] = new(_ => [3, 0, null, "memory"]) { Takes = ["memory: empty", "memory: blank", "memory: without meaning"] },
        ["PageAllocator.CanAllocate(count)"] = new(_ => [CallScene.Allocator(), 1]),
        ["PageAllocator.References(page)"] = new(_ => [CallScene.Allocator(), 0]),
        ["PageAllocator.Allocate()"] = new(_ => [CallScene.Allocator()]),
        ["PageAllocator.Allocate(span pages)"] = new(_ => [CallScene.Allocator(), new int[2]])
        {
            Call = static given => ((PageAllocator)given[0]!).Allocate((int[])given[1]!),
            Takes = ["pages: empty"],
        },
        ["PageAllocator.Share(page)"] = new(_ => [CallScene.Allocator(), 0]),
        ["PageAllocator.Release(page)"] = new(_ => [CallScene.Allocator(), 0]),
        ["BlockTable.new(cache, sequences, pagesPerSequence)"] = new(scene => [scene.Cache(), 2, 3]),
        ["BlockTable.new(cache, pages, keyLengths)"] = new(scene => [scene.Cache(), scene.Of(0, 2, 3), scene.Of(1, 2)]) { Takes = ["pages: of another length"] },
        ["BlockTable.Set(sequence, span pages, keyLength)"] = new(scene => [scene.Table(), 1, new[] { 2 }, 3])
        {
            Call = static given => ((BlockTable)given[0]!).Set((int)given[1]!, (int[])given[2]!, (int)given[3]!),
        },
        ["BlockTable.Set(sequence, source)"] = new(WithSequence),
        ["BlockTable.Clear(sequence)"] = new(scene => [scene.Table(), 0]),
        ["BlockTable.Slot(sequence, token)"] = new(scene => [scene.Table(), 0, 6]),
        ["BlockTable.ReadFaults()"] = new(scene => [scene.Own(new BlockTable(scene.Cache(), scene.Of(0, 2, 3), scene.Of(1, 2)))]),
        ["BlockTable.Dispose()"] = new(scene => [scene.Table()]) { Takes = ["this: disposed"] },
        ["CachedSequence.Slot(token)"] = new(scene => [scene.Sequence(), 4]),
        ["CachedSequence.Slots(first, span slots)"] = new(scene => [scene.Sequence(), 3, new long[2]])
        {
            Call = static given => ((CachedSequence)given[0]!).Slots((int)given[1]!, (long[])given[2]!),
            Takes = ["slots: empty"],
        },
        ["CachedSequence.PagesToExtend(tokens)"] = new(scene => [scene.Sequence(), 1]),
        ["CachedSequence.Extend(span tokens, stream)"] = new(scene => [scene.Sequence(), new[] { 1, 2 }, null])
        {
            Call = static given => ((CachedSequence)given[0]!).Extend((int[])given[1]!, Stream(given[2])),
            Takes = ["tokens: empty"],
        },
        ["CachedSequence.Extend(count, stream)"] = new(scene => [scene.Sequence(), 1, null]),
        ["CachedSequence.Commit()"] = new(scene => [scene.Sequence()]),
        ["CachedSequence.Write(token, stream)"] = new(scene => [scene.Sequence(), 4, null]),
        ["CachedSequence.Truncate(length)"] = new(scene => [scene.Sequence(), 4]),
        ["CachedSequence.Fork()"] = new(scene => [scene.Sequence()]),
        ["CachedSequence.SwapOut(stream)"] = new(scene => [scene.Sequence(), null]),
        ["CachedSequence.SwapIn(stream)"] = new(scene => [scene.SwappedOut(), null]),
        ["CachedSequence.Dispose()"] = new(scene => [scene.Sequence()]) { Takes = ["this: disposed"] },
        ["PagedKeyValueCache.new(device, options)"] = new(scene => [scene.Device, CallScene.CacheOptions()]),
        ["PagedKeyValueCacheOperations.Keys(cache, layer)"] = new(scene => [scene.Cache(), 0]) { Types = _float },
        ["PagedKeyValueCacheOperations.Values(cache, layer)"] = new(scene => [scene.Cache(), 0]) { Types = _float },
        ["PagedKeyValueCache.KeyScales(layer)"] = new(scene => [scene.Cache(), 0]),
        ["PagedKeyValueCache.ValueScales(layer)"] = new(scene => [scene.Cache(), 0]),
        ["PagedKeyValueCache.Start()"] = new(scene => [scene.Cache()]),
        ["PagedKeyValueCache.Start(span prompt, span salt)"] = new(scene => [scene.Cache(), new[] { 1, 2 }, new byte[] { 3 }])
        {
            Call = static given => ((PagedKeyValueCache)given[0]!).Start((int[])given[1]!, (byte[])given[2]!),
            Takes = ["prompt: empty", "salt: empty"],
        },
        ["PagedKeyValueCache.SetScales(span key, span value, layer)"] =
            new(scene => [scene.Own(new PagedKeyValueCache(scene.Device, CallScene.CacheOptions() with { KeyFormat = NumberFormat.Int8, ValueFormat = NumberFormat.Int8, Scales = PageScales.Layer })), new[] { 1f }, new[] { 1f }, 0])
            {
                Call = static given => ((PagedKeyValueCache)given[0]!).SetScales((float[])given[1]!, (float[])given[2]!, (int)given[3]!),
            },
        ["PagedKeyValueCache.Append(key, value, slots, layer, rotation, stream)"] =
            new(scene => [scene.Cache(), scene.Floats(2, 2, 8), scene.Floats(2, 2, 8), scene.Of(3L, 2), 0, Rotation(scene), null]),
        ["PagedKeyValueCacheOperations.Append(cache, key, value, slots, format, layer, rotation, stream)"] =
            new(scene => [scene.Cache(), scene.Floats(2, 2, 8), scene.Floats(2, 2, 8), scene.Of(3L, 2), NumberFormat.Float32, 0, Rotation(scene), null]) { Types = _float },
        ["PagedKeyValueCache.AppendLatent(latent, slots, layer, rotation, stream)"] =
            new(scene => [scene.Cache(isLatent: true), scene.Floats(2, 1, 8), scene.Of(3L, 2), 0, null, null]),
        ["PagedKeyValueCacheOperations.AppendLatent(cache, latent, slots, format, layer, rotation, stream)"] =
            new(scene => [scene.Cache(isLatent: true), scene.Floats(2, 1, 8), scene.Of(3L, 2), NumberFormat.Float32, 0, null, null]) { Types = _float },
        ["PagedKeyValueCache.Append(sequence, key, value, first, layer, rotation, stream)"] =
            new(scene => [.. WithOwner(scene), scene.Floats(2, 2, 8), scene.Floats(2, 2, 8), 4, 0, Rotation(scene), null]),
        ["PagedKeyValueCacheOperations.Append(cache, sequence, key, value, format, first, layer, rotation, stream)"] =
            new(scene => [.. WithOwner(scene), scene.Floats(2, 2, 8), scene.Floats(2, 2, 8), NumberFormat.Float32, 4, 0, Rotation(scene), null]) { Types = _float },
        ["PagedKeyValueCache.AppendLatent(sequence, latent, first, layer, rotation, stream)"] =
            new(scene => [.. WithOwner(scene, isLatent: true), scene.Floats(2, 1, 8), null, 0, null, null]),
        ["PagedKeyValueCacheOperations.AppendLatent(cache, sequence, latent, format, first, layer, rotation, stream)"] =
            new(scene => [.. WithOwner(scene, isLatent: true), scene.Floats(2, 1, 8), NumberFormat.Float32, null, 0, null, null]) { Types = _float },
        ["PagedKeyValueCache.Dispose()"] = new(scene => [scene.Cache()]) { Takes = ["this: disposed"] },

        // Norms, positions, linear layers
        ["NormalizationOperations.RmsNorm(device, input, weight, output, epsilon, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Floats(3, 8), 1e-5f, null, null]),
        ["NormalizationOperations.LayerNorm(device, input, weight, bias, output, epsilon, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Floats(3, 8), 1e-5f, null, null]),
        ["NormalizationOperations.RmsNorm(device, input, weight, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Floats(3, 8), NumberFormat.Float32, new NormOptions(), null]) { Types = _float },
        ["NormalizationOperations.LayerNorm(device, input, weight, bias, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Floats(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["NormalizationOperations.AddRmsNorm(device, input, residual, weight, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), scene.Floats(8), scene.Floats(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["NormalizationOperations.AddLayerNorm(device, input, residual, weight, bias, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Floats(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["QuantizedNormOperations.RmsNorm(device, input, weight, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Quantized(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["QuantizedNormOperations.LayerNorm(device, input, weight, bias, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Quantized(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["QuantizedNormOperations.AddRmsNorm(device, input, residual, weight, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), scene.Floats(8), scene.Quantized(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["QuantizedNormOperations.AddLayerNorm(device, input, residual, weight, bias, output, format, options, stream)"] =
            new(scene =>
            [
                scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Quantized(3, 8), NumberFormat.Float32, null, null,
            ])
            { Types = _float },
        ["QuantizedRows.new(numbers, scales)"] = new(scene => [scene.Of<sbyte>(0, 3, 8), scene.Floats(3)]) { Takes = [.. AnyView("scales")] },
        ["QuantizedRows.new(numbers, scale)"] = new(scene => [scene.Of<sbyte>(0, 3, 8), 0.1f]),
        ["QuantizedRows.new(numbers, format, scales)"] =
            new(scene => [scene.Of<byte>(0, 3, 8), NumberFormat.Float8E4M3, scene.Floats(3)]) { Takes = [.. AnyView("scales")] },
        ["QuantizedRows.new(numbers, format, scale)"] = new(scene => [scene.Of<byte>(0, 3, 8), NumberFormat.Float8E4M3, 0.1f]),
        ["BatchNormOperations.BatchNormTraining(device, input, channels, output, format, momentum, epsilon, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 2, 4), scene.Channels(), scene.Floats(3, 2, 4), NumberFormat.Float32, 0.1f, 1e-5f, null, null]) { Types = _float },
        ["BatchNormOperations.BatchNormInference(device, input, channels, output, format, epsilon, stream)"] =
            new(scene =>
            [
                scene.Device, scene.Floats(3, 2, 4), scene.Channels() with { SavedMean = null, SavedInverseDeviation = null }, scene.Floats(3, 2, 4),
                NumberFormat.Float32, 1e-5f, null,
            ])
            { Types = _float },
        ["BatchNormOperations.GroupNorm(device, input, groups, weight, bias, output, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 4, 5), 2, scene.Floats(4), scene.Floats(4), scene.Floats(3, 4, 5), null, null]),
        ["BatchNormOperations.GroupNorm(device, input, groups, weight, bias, output, format, options, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 4, 5), 2, scene.Floats(4), scene.Floats(4), scene.Floats(3, 4, 5), NumberFormat.Float32, null, null]) { Types = _float },
        ["NormPlanOperations.PlanLayerNormBackward(device, rows, hidden, format, options)"] =
            new(scene => [scene.Device, 3L, 8, NumberFormat.Float32, null]) { Types = _float },
        ["NormPlanOperations.PlanRmsNormBackward(device, rows, hidden, format, options)"] =
            new(scene => [scene.Device, 3L, 8, NumberFormat.Float32, null]) { Types = _float },
        ["NormPlanOperations.PlanGroupNormBackward(device, batch, channels, groups, format, options)"] =
            new(scene => [scene.Device, 3, 4, 2, NumberFormat.Float32, null]) { Types = _float },
        ["NormPlanOperations.PlanLayerNorm(device, rows, hidden, format, options)"] =
            new(scene => [scene.Device, 3L, 8, NumberFormat.Float32, null]) { Types = _float },
        ["NormPlanOperations.PlanRmsNorm(device, rows, hidden, format, options)"] =
            new(scene => [scene.Device, 3L, 8, NumberFormat.Float32, null]) { Types = _float },
        ["NormPlanOperations.PlanGroupNorm(device, batch, channels, groups, format, options)"] =
            new(scene => [scene.Device, 3, 4, 2, NumberFormat.Float32, null]) { Types = _float },
        ["NormPlan.Run(input, weight, bias, output, stream)"] =
            new(scene => [scene.NormPlan(), scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Floats(3, 8), null]) { Types = _float },
        ["NormPlan.RunAdd(input, residual, weight, bias, output, stream)"] =
            new(scene => [scene.NormPlan(), scene.Floats(3, 8), scene.Floats(3, 8), scene.Floats(8), scene.Floats(8), scene.Floats(3, 8), null]) { Types = _float },
        ["NormPlan.Explain()"] = new(scene => [scene.NormPlan()]) { Types = _float },
        ["NormBackwardPlan.Dispose()"] = new(scene => [scene.Own(scene.Device.PlanRmsNormBackward(3, 8, NumberFormat.Float32))])
        {
            Types = _float,
            Takes = ["this: disposed"],
        },
        ["NormBackwardPlan.Run(input, weight, outputGradient, inputGradient, features, stream)"] =
            new(scene =>
            [
                scene.Own(scene.Device.PlanLayerNormBackward(3, 8, NumberFormat.Float32)), scene.Floats(3, 8), scene.Floats(8), scene.Floats(3, 8),
                scene.Floats(3, 8), scene.Features(8), null,
            ])
            { Types = _float },
        ["BatchNormOperations.BatchNormTrainingBackward(device, input, weight, outputGradient, inputGradient, features, format, options, stream)"] =
            new(scene =>
            [
                scene.Device, scene.Floats(3, 2, 4), scene.Floats(2), scene.Floats(3, 2, 4), scene.Floats(3, 2, 4), scene.Features(2),
                NumberFormat.Float32, null, null,
            ])
            { Types = _float },
        ["BatchNormOperations.BatchNormInferenceBackward(device, input, channels, outputGradient, inputGradient, features, format, options, stream)"] =
            new(scene =>
            [
                scene.Device, scene.Floats(3, 2, 4), scene.Channels() with { Bias = null, SavedMean = null, SavedInverseDeviation = null }, scene.Floats(3, 2, 4),
                scene.Floats(3, 2, 4), scene.Features(2), NumberFormat.Float32, null, null,
            ])
            { Types = _float },
        ["Activation.Of()"] = new(_ => []) { Types = [typeof(HardSwish)] },
        ["ElementwiseOperations.Copy(device, source, target, stream)"] = new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), null]),
        ["ElementwiseOperations.Copy(device, source, target, format, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), NumberFormat.Float32, null]) { Types = _float },
        ["ElementwiseOperations.Add(device, left, right, output, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), scene.Floats(3, 8), null]),
        ["ElementwiseOperations.Add(device, left, right, output, format, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(8), scene.Floats(3, 8), NumberFormat.Float32, null]) { Types = _float },
        ["ElementwiseOperations.Activate(device, input, activation, output, bias, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), Activation.Gelu, scene.Floats(3, 8), scene.Floats(8), null]),
        ["ElementwiseOperations.Activate(device, input, activation, output, format, bias, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), Activation.Gelu, scene.Floats(3, 8), NumberFormat.Float32, scene.Floats(8), null]) { Types = _float },
        ["ElementwiseOperations.Gate(device, gate, activation, up, output, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), Activation.Silu, scene.Floats(3, 8), scene.Floats(3, 8), null]),
        ["ElementwiseOperations.Gate(device, gate, activation, up, output, format, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), Activation.Silu, scene.Floats(3, 8), scene.Floats(3, 8), NumberFormat.Float32, null]) { Types = _float },
        ["EmbeddingOperations.EmbeddingLookup(device, table, indices, output, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Of(2, 4), scene.Floats(4, 8), null]),
        ["EmbeddingOperations.EmbeddingLookup(device, table, indices, output, format, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Of(2, 4), scene.Floats(4, 8), NumberFormat.Float32, null]) { Types = _float },
        ["EmbeddingOperations.EmbeddingGradient(device, indices, outputGradient, tableGradient, stream)"] =
            new(scene => [scene.Device, scene.Of(2, 4), scene.Floats(4, 8), scene.Floats(3, 8), null]),
        ["EmbeddingOperations.EmbeddingGradient(device, indices, outputGradient, tableGradient, format, stream)"] =
            new(scene => [scene.Device, scene.Of(2, 4), scene.Floats(4, 8), scene.Floats(3, 8), NumberFormat.Float32, null]) { Types = _float },
        ["NormalizationOperations.Softmax(device, input, output, schedule, stream)"] = new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), null, null]),
        ["NormalizationOperations.Softmax(device, input, output, format, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(3, 8), NumberFormat.Float32, null, null]) { Types = _float },
        ["RotaryOperations.RotaryEmbedding(device, input, table, output, style, format, firstPosition, stream)"] =
            new(scene => [scene.Device, scene.Floats(1, 3, 2, 8), scene.Rotary(), scene.Floats(1, 3, 2, 8), RotaryStyle.HalfSplit, NumberFormat.Float32, 2, null]) { Types = _float },
        ["RotaryOperations.RotaryEmbedding(device, input, table, output, style, format, positions, stream)"] =
            new(scene => [scene.Device, scene.Floats(1, 3, 2, 8), scene.Rotary(), scene.Floats(1, 3, 2, 8), RotaryStyle.Interleaved, NumberFormat.Float32, scene.Of(2, 1, 3), null])
            { Types = _float },
        ["RotaryOperations.RotaryEmbedding(device, query, key, table, style, format, firstPosition, stream)"] =
            new(scene => [scene.Device, scene.Heads(2), scene.Heads(1), scene.Rotary(), RotaryStyle.HalfSplit, NumberFormat.Float32, 2, null]) { Types = _float },
        ["RotaryOperations.RotaryEmbedding(device, query, key, table, style, format, positions, stream)"] =
            new(scene => [scene.Device, scene.Heads(2), scene.Heads(1), scene.Rotary(), RotaryStyle.Interleaved, NumberFormat.Float32, scene.Of(2, 1, 3), null]) { Types = _float },
        ["BatchNormOperations.BatchNormTraining(device, input, channels, output, momentum, epsilon, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 2, 4), scene.Channels(), scene.Floats(3, 2, 4), 0.1f, 1e-5f, null, null]),
        ["BatchNormOperations.BatchNormInference(device, input, channels, output, epsilon, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 2, 4), scene.Channels() with { SavedMean = null, SavedInverseDeviation = null }, scene.Floats(3, 2, 4), 1e-5f, null]),
        ["RotaryOperations.RotaryEmbedding(device, input, table, output, style, firstPosition, stream)"] =
            new(scene => [scene.Device, scene.Floats(1, 3, 2, 8), scene.Rotary(), scene.Floats(1, 3, 2, 8), RotaryStyle.HalfSplit, 2, null]),
        ["RotaryOperations.RotaryEmbedding(device, input, table, output, style, positions, stream)"] =
            new(scene => [scene.Device, scene.Floats(1, 3, 2, 8), scene.Rotary(), scene.Floats(1, 3, 2, 8), RotaryStyle.Interleaved, scene.Of(2, 1, 3), null]),
        ["RotaryTable.new(device, positions, rotaryDimension, rotaryBase)"] = new(scene => [scene.Device, 4, 8, 10000.0]),
        ["RotaryOperations.RotaryEmbedding(device, query, key, table, style, firstPosition, stream)"] =
            new(scene => [scene.Device, scene.Heads(2), scene.Heads(1), scene.Rotary(), RotaryStyle.HalfSplit, 2, null]),
        ["RotaryOperations.RotaryEmbedding(device, query, key, table, style, positions, stream)"] =
            new(scene => [scene.Device, scene.Heads(2), scene.Heads(1), scene.Rotary(), RotaryStyle.Interleaved, scene.Of(2, 1, 3), null]),
        ["RotaryOperations.PlanRotaryEmbedding(device, query, keyHeads, table, style, format)"] =
            new(scene => [scene.Device, _query, 1, scene.Rotary(), RotaryStyle.HalfSplit, NumberFormat.Float32]) { Types = _float },
        ["RotaryPlan.Run(input, output, firstPosition, stream)"] =
            new(scene => [scene.RotaryPlan(), scene.Floats(1, 3, 2, 8), scene.Floats(1, 3, 2, 8), 2, null]) { Types = _float },
        ["RotaryPlan.Run(input, output, positions, stream)"] =
            new(scene => [scene.RotaryPlan(), scene.Floats(1, 3, 2, 8), scene.Floats(1, 3, 2, 8), scene.Of(2, 1, 3), null]) { Types = _float },
        ["RotaryPlan.Run(query, key, firstPosition, stream)"] = new(scene => [scene.RotaryPlan(), scene.Heads(2), scene.Heads(1), 2, null]) { Types = _float },
        ["RotaryPlan.Run(query, key, positions, stream)"] =
            new(scene => [scene.RotaryPlan(), scene.Heads(2), scene.Heads(1), scene.Of(2, 1, 3), null]) { Types = _float },
        ["RotaryPlan.Explain()"] = new(scene => [scene.RotaryPlan()]) { Types = _float },
        ["RotaryHeads.new(Input, Output)"] =
            new(scene => [scene.Floats(1, 3, 2, 8), scene.Floats(1, 3, 2, 8)]) { Types = _float, Takes = [.. AnyView("Input"), .. AnyView("Output")] },
        ["RotaryHeads.new(heads)"] = new(scene => [scene.Floats(1, 3, 2, 8)]) { Types = _float, Takes = [.. AnyView("heads")] },
        ["RotaryFrequencies.new(rotaryDimension, rotaryBase)"] = new(_ => [8, 10000.0]),
        ["RotaryFrequencies.new(span frequencies, attentionFactor)"] = new(_ => [new[] { 1.0, 0.1 }, 1.0])
        {
            Call = static given => new RotaryFrequencies((double[])given[0]!, (double)given[1]!),
        },
        ["RotaryFrequencies.Linear(factor)"] = new(_ => [CallScene.Frequencies, 2.0]),
        ["RotaryFrequencies.DynamicNtk(factor, trainedPositions, positions)"] = new(_ => [CallScene.Frequencies, 2.0, 2048, 4096]),
        ["RotaryFrequencies.Yarn(factor, trainedPositions, options)"] = new(_ => [CallScene.Frequencies, 2.0, 2048, null]),
        ["RotaryFrequencies.Llama3(factor, trainedPositions, lowFactor, highFactor)"] = new(_ => [CallScene.Frequencies, 8.0, 8192, 1.0, 4.0]),
        ["RotaryFrequencies.LongRope(span factors, trainedPositions, stretch)"] = new(_ => [CallScene.Frequencies, new[] { 1.0, 1, 2, 4 }, 4096, 32.0])
        {
            Call = static given => ((RotaryFrequencies)given[0]!).LongRope((double[])given[1]!, (int)given[2]!, (double)given[3]!),
        },
        ["SinusoidalPositions.Table(positions, dimension, sineBase, style)"] = new(_ => [4, 8, 10000.0, RotaryStyle.HalfSplit]),
        ["RotaryTable.new(device, positions, frequencies)"] = new(scene => [scene.Device, 4, CallScene.Frequencies]),
        ["RotaryTable.Inverse()"] = new(scene => [scene.Rotary()]) { Call = static given => ((RotaryTable)given[0]!).Inverse().Dispose(), Takes = ["this: disposed"] },
        ["RotaryTable.OfTokens(device, tokens, rotaryDimension)"] = new(scene => [scene.Device, 4, 8])
        {
            Call = static given => RotaryTable.OfTokens((AttentionDevice)given[0]!, (int)given[1]!, (int)given[2]!).Dispose(),
        },
        ["RotaryOperations.GatherRotary(device, table, positions, sections, rows, stream)"] =
            new(scene => [scene.Device, scene.Rotary(), scene.Of(2, 3, 1, 3), scene.Of(1, 4), scene.Own(RotaryTable.OfTokens(scene.Device, 5, 8)), null]) { Takes = ["positions: of another length"] },
        ["RotarySections.Consecutive(span pairs)"] = new(_ => [new[] { 2, 1 }]) { Call = static given => RotarySections.Consecutive((int[])given[0]!) },
        ["RotarySections.Interleaved(span pairs)"] = new(_ => [new[] { 2, 1 }]) { Call = static given => RotarySections.Interleaved((int[])given[0]!) },
        ["RotaryTable.Dispose()"] = new(scene => [scene.Rotary()]) { Takes = ["this: disposed"] },
        ["KernelLoading.LoadTileKernel(device)"] = new(scene => [scene.Device]) { Types = _countTiles },
        ["LinearOperations.Linear(device, input, weight, bias, output, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(5, 8), scene.Floats(5), scene.Floats(3, 5), null, null]),
        ["LinearOperations.Linear(device, input, weight, bias, output, weightFormat, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(5, 8), scene.Floats(5), scene.Floats(3, 5), NumberFormat.Float32, null, null]) { Types = _float },
        ["LinearOperations.Linear(device, input, weight, bias, output, format, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(5, 8), scene.Floats(5), scene.Floats(3, 5), NumberFormat.Float32, null, null]) { Types = _float },
        ["LinearOperations.Linear(device, input, weight, output, schedule, stream)"] =
            new(scene => [scene.Device, scene.Floats(3, 8), scene.Floats(5, 8), scene.Floats(3, 5), null, null]),
        ["LinearOperations.PlanLinear(device, tokens, rows, columns, format, schedule)"] =
            new(scene => [scene.Device, 3, 5, 8, NumberFormat.Float32, null]) { Types = _float },
        ["LinearOperations.PlanLinear(device, tokens, rows, columns, format, weightFormat, schedule)"] =
            new(scene => [scene.Device, 3, 5, 8, NumberFormat.Float32, NumberFormat.Float32, null]) { Types = _float },
        ["LinearPlan.Run(input, weight, bias, output, stream)"] =
            new(scene => [scene.LinearPlan(), scene.Floats(3, 8), scene.Floats(5, 8), scene.Floats(5), scene.Floats(3, 5), null]) { Types = [typeof(float), typeof(float)] },
        ["LinearPlan.Explain()"] = new(scene => [scene.LinearPlan()]) { Types = [typeof(float), typeof(float)] },

        ["StateOperations.MergeStates(device, left, right, merged, stream)"] =
            new(scene => [scene.Device, scene.State(), scene.State(), scene.State(), null]),
        ["BatchNormChannels.new(runningMean, runningVariance)"] =
            new(scene => [scene.Floats(2), scene.Floats(2)]) { Takes = [.. AnyView("runningMean"), .. AnyView("runningVariance")] },
        ["FeatureGradients.new(weight, bias)"] =
            new(scene => [scene.Floats(2), scene.Floats(2)]) { Takes = [.. AnyView("weight"), .. AnyView("bias")] },
        ["AttentionState.new(output, logSumExp)"] =
            new(scene => [scene.Floats(2, 3, 8), scene.Floats(3, 2)]) { Takes = [.. AnyView("output"), .. AnyView("logSumExp")] },

        // Tensors
        ["TensorAllocation.Allocate(device, shape)"] = new(scene => [scene.Device, Shape(2, 3)]) { Types = _float },
        ["TensorAllocation.Wrap(device, pointer, shape)"] =
            new(scene => [scene.Device, TensorChecks.Buffer(scene.Floats(2, 3).Data)!.NativePtr, Shape(2, 3)]) { Types = _float },
        ["TensorAllocation.Upload(device, elements, shape, stream)"] = new(scene => [scene.Device, new float[6], Shape(2, 3), null]) { Types = _float },
        ["TensorAllocation.Upload(device, span elements, shape, stream)"] = new(scene => [scene.Device, new float[6], Shape(2, 3), null])
        {
            Types = _float,
            Call = static given => ((AttentionDevice)given[0]!).Upload((ReadOnlySpan<float>)(float[])given[1]!, (TensorShape)given[2]!, Stream(given[3])),
        },
        ["Tensor.Slice(dimension, start, length)"] = new(scene => [Tensor(scene), 0, 1L, 1L]) { Types = _float },
        ["Tensor.CopyFrom(span source, stream)"] = new(scene => [Tensor(scene), new float[6], null])
        {
            Types = _float,
            Call = static given => ((Tensor<float>)given[0]!).CopyFrom((float[])given[1]!, Stream(given[2])),
        },
        ["Tensor.CopyFromAsync(source, stream)"] = new(scene => [Tensor(scene), (ReadOnlyMemory<float>)new float[6], null]) { Types = _float },
        ["Tensor.CopyTo(span target, stream)"] = new(scene => [Tensor(scene), new float[6], null])
        {
            Types = _float,
            Call = static given => ((Tensor<float>)given[0]!).CopyTo((float[])given[1]!, Stream(given[2])),
        },
        ["Tensor.CopyToAsync(target, stream)"] = new(scene => [Tensor(scene), (Memory<float>)new float[6], null]) { Types = _float },
        ["Tensor.CopyFrom(source, stream)"] = new(scene => [Tensor(scene), new float[6], null])
        {
            Types = _float,
            Call = static given => ((Tensor<float>)given[0]!).CopyFrom(new ReadOnlyTensorSpan<float>((float[])given[1]!, [2, 3]), Stream(given[2])),
        },
        ["Tensor.CopyTo(target, stream)"] = new(scene => [Tensor(scene), new float[6], null])
        {
            Types = _float,
            Call = static given => ((Tensor<float>)given[0]!).CopyTo(new TensorSpan<float>((float[])given[1]!, [2, 3]), Stream(given[2])),
        },
        ["Tensor.ToArray(stream)"] = new(scene => [Tensor(scene), null]) { Types = _float },
        ["Tensor.Dispose()"] = new(scene => [Tensor(scene)]) { Types = _float, Takes = ["this: disposed"] },
        ["TensorView.new(data, shape)"] = new(scene => [scene.Floats(6).Data, Shape(2, 3)]) { Types = _float, Takes = ["data: disposed"] },
        ["TensorView.new(data, shape, strides)"] = new(scene => [scene.Floats(6).Data, Shape(2, 3), Shape(3, 1)]) { Types = _float, Takes = ["data: disposed"] },
        ["TensorView.Slice(dimension, start, length)"] = new(scene => [scene.Floats(2, 3), 0, 1L, 1L]) { Types = _float },
        ["TensorView.Transpose(first, second)"] = new(scene => [scene.Floats(2, 3), 0, 1]) { Types = _float },
        ["TensorView.Reshape(shape)"] = new(scene => [scene.Floats(2, 3), Shape(3, 2)]) { Types = _float },
        ["TensorView.CopyFrom(span source, stream)"] = new(scene => [scene.Floats(2, 3), new float[6], null])
        {
            Types = _float,
            Call = static given => ((TensorView<float>)given[0]!).CopyFrom((float[])given[1]!, Stream(given[2])),
        },
        ["TensorView.CopyFromAsync(source, stream)"] = new(scene => [scene.Floats(2, 3), (ReadOnlyMemory<float>)new float[6], null]) { Types = _float },
        ["TensorView.CopyTo(span target, stream)"] = new(scene => [scene.Floats(2, 3), new float[6], null])
        {
            Types = _float,
            Call = static given => ((TensorView<float>)given[0]!).CopyTo((float[])given[1]!, Stream(given[2])),
        },
        ["TensorView.CopyToAsync(target, stream)"] = new(scene => [scene.Floats(2, 3), (Memory<float>)new float[6], null]) { Types = _float },
        ["TensorView.CopyFrom(source, stream)"] = new(scene => [scene.Floats(2, 3), new float[6], null])
        {
            Types = _float,
            Call = static given => ((TensorView<float>)given[0]!).CopyFrom(new ReadOnlyTensorSpan<float>((float[])given[1]!, [2, 3]), Stream(given[2])),
        },
        ["TensorView.CopyTo(target, stream)"] = new(scene => [scene.Floats(2, 3), new float[6], null])
        {
            Types = _float,
            Call = static given => ((TensorView<float>)given[0]!).CopyTo(new TensorSpan<float>((float[])given[1]!, [2, 3]), Stream(given[2])),
        },
        ["TensorView.ToArray(stream)"] = new(scene => [scene.Floats(2, 3), null]) { Types = _float },
        ["TensorShape.Create(span extents)"] = new(_ => [new long[] { 2, 3 }])
        {
            Call = static given => TensorShape.Create((long[])given[0]!),
            Takes = ["extents: empty"],
        },
        ["TensorShape.DenseStrides()"] = new(_ => [Shape(2, 3)]),
        ["TensorShape.With(dimension, extent)"] = new(_ => [Shape(2, 3), 0, 4L]) { Takes = ["extent: negative"] },
        ["TensorShape.GetEnumerator()"] = new(_ => [Shape(2, 3)]),
    };

    private static TensorShape Shape(params ReadOnlySpan<long> extents) => TensorShape.Create(extents);

    private static Tensor<float> Tensor(CallScene scene) => scene.Own(scene.Device.Upload(new float[6], [2, 3]));

    private static ExportedLaunch Launch()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<float> tensor = device.Allocate<float>([2, 8]);
        return device.RecordLaunches(() => device.Softmax(tensor, tensor, KernelSchedule.Simt), 80).Single();
    }

    private static object?[] TileKernel(CallScene scene) =>
        [scene.Device.LoadTileKernel<CountTiles, CountTilesArguments>(), scene.Device.DefaultStream, new CountTilesArguments(scene.Of(0, 3).Data, 1)];

    private static object?[] WithSequence(CallScene scene)
    {
        PagedKeyValueCache cache = scene.Cache();
        return [scene.Own(new BlockTable(cache, 2, 3)), 0, scene.Sequence(cache)];
    }

    private static object?[] WithOwner(CallScene scene, bool isLatent = false)
    {
        PagedKeyValueCache cache = scene.Cache(isLatent);
        return [cache, scene.Sequence(cache)];
    }

    private static KeyRotation Rotation(CallScene scene) => new(scene.Rotary(), RotaryStyle.HalfSplit, scene.Of(1, 2));

    private static AcceleratorStream? Stream(object? given) => (AcceleratorStream?)given;

    private static void Build(object?[] given, Action<Context.Builder> prepare) =>
        Context.Create(builder => prepare(given[0] == _anyBuilder ? builder : (Context.Builder)given[0]!)).Dispose();

    // A mask or modifier takes a view as it is: plans look at its memory.
    private static IEnumerable<string> ViewOfPlan(string name) => [$"{name}: disposed", $"{name}: of another device", $"{name}: of another length"];

    // What only holds a view takes any, and whoever uses it complains.
    private static IEnumerable<string> AnyView(string parameter) =>
        ((string[])["default", "disposed", "of another device", "of another rank", "of another length"]).Select(kind => $"{parameter}: {kind}");
}
