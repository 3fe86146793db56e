using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.BadInput;

/// <summary>The kinds of wrong values that a parameter can have, by its type.</summary>
internal static class WrongValues
{
    /// <summary>A wrong value, and what it is called in a test's message.</summary>
    /// <param name="Kind">Its kind.</param>
    /// <param name="Value">The value.</param>
    /// <param name="IsExtreme">Whether a method may take it: what it must not do is fail in another way than with one of its exceptions.</param>
    internal sealed record Wrong(string Kind, object? Value, bool IsExtreme = false)
    {
        /// <summary>Whether the message may be about another argument, which does not fit any more.</summary>
        public bool MayNameOther { get; init; } = IsExtreme;
    }

    private static readonly NullabilityInfoContext _nullability = new();

    /// <summary>Wrong objects to call a method of.</summary>
    public static IEnumerable<Wrong> OfReceiver(object valid)
    {
        switch (valid)
        {
            case AttentionDevice:
                yield return new("disposed", Disposed(AttentionDevice.Open(DeviceKind.Cpu)));
                break;
            case IDisposable disposable:
                yield return new("disposed", Disposed(disposable));
                break;
            case TensorView<float>:
                yield return new("default", default(TensorView<float>), IsExtreme: true);
                break;
            case TensorShape:
                yield return new("default", default(TensorShape), IsExtreme: true);
                yield return new("beyond 64 bits", TensorShape.Create([2, 1L << 32, 1L << 32]), IsExtreme: true);
                break;
        }
    }

    /// <summary>Wrong values for a parameter.</summary>
    /// <param name="scene">Owns what they need.</param>
    /// <param name="parameter">The parameter, of a closed method.</param>
    /// <param name="valid">Its valid value.</param>
    public static IEnumerable<Wrong> Of(CallScene scene, ParameterInfo parameter, object? valid)
    {
        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return valid switch
        {
            TensorView<float> view => Views(scene, view),
            TensorView<double> view => Views(scene, view),
            TensorView<int> view => Views(scene, view),
            TensorView<uint> view => Views(scene, view),
            TensorView<long> view => Views(scene, view),
            BatchNormChannels channels => Parts(scene, channels),
            FeatureGradients gradients => Parts(scene, gradients),
            QuantizedRows => Quantized(scene),
            RotaryHeads<float> heads => Parts(scene, heads),
            QuantizedTensor tensor => Quantized(scene, tensor),
            ArrayView<float> view => [new("disposed", scene.Gone<float>(view.Length))],
            TensorShape => [new("of a negative extent", TensorShape.Create([-1, 8])), new("without dimensions", default(TensorShape), IsExtreme: true), new("beyond 64 bits", TensorShape.Create([1L << 32, 1L << 32]))],
            _ => ByType(scene, parameter, type),
        };
    }

    private static IEnumerable<Wrong> ByType(CallScene scene, ParameterInfo parameter, Type type)
    {
        if (!type.IsValueType && !type.IsByRef && !PublicCall.IsSpan(type) && _nullability.Create(parameter).WriteState == NullabilityState.NotNull)
            yield return new("null", null);
        if (type == typeof(AcceleratorStream))
        {
            yield return new("of another device", scene.Other.DefaultStream);
            yield return new("disposed", scene.DisposedStream());
        }

        if (type == typeof(AttentionDevice))
            yield return new("disposed", Disposed(AttentionDevice.Open(DeviceKind.Cpu)));
        if (type == typeof(BlockTable))
            yield return new("disposed", Disposed(scene.Table()));
        if (type == typeof(RotaryTable))
            yield return new("disposed", Disposed(scene.Rotary()));
        if (type == typeof(PagedKeyValueCache))
            yield return new("disposed", Disposed(scene.Cache()));
        if (type == typeof(CachedSequence))
            yield return new("disposed", Disposed(scene.Sequence()));
        if (type == typeof(AttentionState))
            yield return new("default", default(AttentionState));
        if (type == typeof(KeyRotation))
            yield return new("default", default(KeyRotation));
        if (type == typeof(string))
        {
            yield return new("empty", "");
            yield return new("blank", "  ");
            yield return new("without meaning", "no such thing");
        }

        IEnumerable<Wrong> options =
            type == typeof(CacheOptions) ? Options(static () => CallScene.CacheOptions())
            : type == typeof(AttentionOptions) ? Options(static () => new AttentionOptions())
            : type == typeof(RaggedShape) ? Options(static () => CallScene.RaggedShape())
            : type == typeof(YarnOptions) ? Options(static () => new YarnOptions())
            : [];
        foreach (Wrong wrong in options)
            yield return wrong;
        if (type.IsEnum)
            yield return new("undefined", Enum.ToObject(type, 77));
        if (type == typeof(int))
        {
            yield return new("negative", -1);
            yield return new("the largest", int.MaxValue, IsExtreme: true);
        }

        if (type == typeof(long))
        {
            yield return new("negative", -1L);
            yield return new("the largest", long.MaxValue, IsExtreme: true);
        }

        if (type == typeof(float))
            yield return new("NaN", float.NaN);
        if (type == typeof(double))
            yield return new("NaN", double.NaN);
        if (type.Name is "Memory`1" or "ReadOnlyMemory`1")
            yield return new("empty", Activator.CreateInstance(type));
        if (type.IsArray || PublicCall.IsSpan(type))
        {
            Type element = type == typeof(RaggedLengths) ? typeof(int) : type.GetElementType() ?? type.GenericTypeArguments[0];
            yield return new("empty", Array.CreateInstance(element, 0));
        }
    }

    // Each property of options made wrong by its type.
    private static IEnumerable<Wrong> Options<T>(Func<T> valid)
        where T : class
    {
        foreach (PropertyInfo property in typeof(T).GetProperties().Where(property => property.CanWrite))
        {
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            (string Kind, object Value)? wrong =
                type == typeof(int) ? ("negative", -1)
                : type == typeof(float) ? ("NaN", float.NaN)
                : type == typeof(double) ? ("NaN", double.NaN)
                : type.IsEnum ? ("undefined", Enum.ToObject(type, 77))
                : null;
            if (wrong is not { } value)
                continue;
            T options = valid();
            property.SetValue(options, value.Value);
            yield return new($"of {property.Name} that is {value.Kind}", options);
        }
    }

    private static IEnumerable<Wrong> Views<T>(CallScene scene, TensorView<T> valid)
        where T : unmanaged =>
    [
        new("default", default(TensorView<T>)),
        new("disposed", new TensorView<T>(scene.Gone<T>(valid.ElementCount), valid.Shape)),
        new("of another device", scene.Own(scene.Other.Allocate<T>(valid.Shape)).View),
        new("of another rank", valid.Reshape([.. valid.Shape, 1])) { MayNameOther = true },
        new("of another length", scene.Own(scene.Device.Allocate<T>(valid.Shape.With(valid.Shape.Rank - 1, valid.Shape[^1] + 1))).View) { MayNameOther = true },
    ];

    // Each part made wrong, of rows of 3 × 8.
    private static IEnumerable<Wrong> Quantized(CallScene scene)
    {
        TensorView<sbyte> numbers = scene.Of<sbyte>(0, 3, 8);
        TensorView<float> scales = scene.Floats(3);
        return
        [
            new("default", default(QuantizedRows)),
            .. Views(scene, numbers).Select(wrong => wrong with { Kind = $"numbers {wrong.Kind}", Value = new QuantizedRows((TensorView<sbyte>)wrong.Value!, scales) }),
            .. Views(scene, scales).Select(wrong => wrong with { Kind = $"scales {wrong.Kind}", Value = new QuantizedRows(numbers, (TensorView<float>)wrong.Value!) }),
        ];
    }

    // A struct of views, each of them made wrong.
    private static IEnumerable<Wrong> Parts<T>(CallScene scene, T valid)
        where T : struct
    {
        foreach (PropertyInfo property in typeof(T).GetProperties())
        {
            if (property.GetValue(valid) is not TensorView<float> view)
                continue;
            foreach (Wrong wrong in Views(scene, view))
            {
                object changed = valid;
                property.SetValue(changed, wrong.Value);
                yield return wrong with { Kind = $"{property.Name} {wrong.Kind}", Value = changed };
            }
        }
    }

    private static IEnumerable<Wrong> Quantized(CallScene scene, QuantizedTensor valid)
    {
        TensorView<byte> numbers = scene.Own(scene.Device.Allocate<byte>(valid.Shape)).View;
        yield return new("default", default(QuantizedTensor)) { MayNameOther = true };
        yield return new("disposed", new QuantizedTensor(new TensorView<byte>(scene.Gone<byte>(numbers.ElementCount), valid.Shape)));
        yield return new("of another device", new QuantizedTensor(scene.Own(scene.Other.Allocate<byte>(valid.Shape)).View));
        yield return new("of whole numbers", new QuantizedTensor(scene.Own(scene.Device.Allocate<sbyte>(valid.Shape)).View));
        foreach (Wrong wrong in Views(scene, valid.Scales!.Value))
            yield return wrong with { Kind = $"scales {wrong.Kind}", Value = new QuantizedTensor(numbers, (TensorView<float>)wrong.Value!) };
    }

    private static T Disposed<T>(T owned)
        where T : IDisposable
    {
        owned.Dispose();
        return owned;
    }
}
