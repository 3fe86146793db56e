{
    // Into.QuantizeCore<Fp32x8, StoredFp32, CachedStore, NoAffine, StoredInt8>
    global float* row = (global float*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    const float scale = var2;
    global char* target = (global char*)var3;
    const int count = var4;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 d = fma(vload8(0, row + (i)), (float8)by_Scale, (float8)-by_Center);
        const float8 x = (d - by_Offset) * by_Inverse;
        const float8 y = x;
        { const float8 stored = y / scale; vstore8(convert_char8(select(as_int8(clamp(stored, -as_float(0x42FE0000u), as_float(0x42FE0000u)) + as_float(0x4B400000u)) - 1262485504, (int8)0, isnan(stored))), 0, target + i); }
    }
    for (; i < count; i++) {
        const float x = (fma((row)[i], by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = x;
        { const float stored = y / scale; (target)[i] = select(as_int(clamp(stored, -as_float(0x42FE0000u), as_float(0x42FE0000u)) + as_float(0x4B400000u)) - 1262485504, (int)0, isnan(stored)); }
    }
}
