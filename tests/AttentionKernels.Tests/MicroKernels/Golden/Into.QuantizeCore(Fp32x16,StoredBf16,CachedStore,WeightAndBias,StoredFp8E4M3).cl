{
    // Into.QuantizeCore<Fp32x16, StoredBf16, CachedStore, WeightAndBias, StoredFp8E4M3>
    global ushort* row = (global ushort*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    global float* weight = var2;
    global float* bias = var3;
    const float scale = var4;
    global char* target = (global char*)var5;
    const int count = var6;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        const float16 d = fma(as_float16(convert_uint16(vload16(0, row + (i))) << 16), (float16)by_Scale, (float16)-by_Center);
        const float16 x = (d - by_Offset) * by_Inverse;
        const float16 y = fma(x, vload16(0, weight + i), vload16(0, bias + i));
        { const float16 number = y / scale; const uint16 bits = as_uint16(number), magnitude = bits & 2147483647u;
            const uint16 rounded = ((magnitude + 524287u + ((magnitude >> 20) & 1u)) >> 20)
            - 960u;
            const float16 multiple = as_float16(magnitude) * as_float(0x44000000u);
            const uint16 nearest = select(
            rounded, as_uint16(select(as_int16(clamp(multiple, -as_float(0x43000000u), as_float(0x43000000u)) + as_float(0x4B400000u)) - 1262485504, (int16)0, isnan(multiple))),
            magnitude < 1015021568u);
            const uint16 finite = min(nearest, (uint16)126u);
            const uint16 orInfinity = select(finite, (uint16)127u, magnitude == 2139095040u);
            const uint16 orNaN = select(orInfinity, (uint16)127u, magnitude > 2139095040u);
            const uint16 stored = orNaN | ((bits >> 24) & 128u);
            vstore16(convert_char16(as_int16(stored)), 0, target + i); }
    }
    for (; i < count; i++) {
        const float x = (fma(as_float((uint)(row)[i] << 16), by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = fma(x, weight[i], bias[i]);
        { const float number = y / scale; const uint bits = as_uint(number), magnitude = bits & 2147483647u;
            const uint rounded = ((magnitude + 524287u + ((magnitude >> 20) & 1u)) >> 20)
            - 960u;
            const float multiple = as_float(magnitude) * as_float(0x44000000u);
            const uint nearest = select(
            rounded, as_uint(select(as_int(clamp(multiple, -as_float(0x43000000u), as_float(0x43000000u)) + as_float(0x4B400000u)) - 1262485504, (int)0, isnan(multiple))),
            magnitude < 1015021568u);
            const uint finite = min(nearest, (uint)126u);
            const uint orInfinity = select(finite, (uint)127u, magnitude == 2139095040u);
            const uint orNaN = select(orInfinity, (uint)127u, magnitude > 2139095040u);
            const uint stored = orNaN | ((bits >> 24) & 128u);
            (target)[i] = stored; }
    }
}
