"""Invented street names, a list per neighbourhood, in the order in which streets are laid."""

STREETS: dict[str, str] = {
    "BU90210100": """
        Wagenmakersstraat, Stokerstraat, Spoorstraat, Wisselstraat, Ketelstraat, Seinhuisstraat,
        Tenderstraat, Kolenstraat, Conducteurstraat, Remmerstraat, Rangeerstraat, Bielzenstraat,
        Dwarsstraat, Machinistenlaan, Locomotiefstraat, Perronstraat, Lampenstraat, Oude
        Spoorlaan, Smidsestraat, Gieterijstraat, Draaischijfstraat, Kleine Spoorstraat,
        Stationsweg, Wachterstraat, Koppelstraat, Bufferstraat, Stoomstraat, Overweg,
        Wagonstraat, Ketelmakersplein
    """,
    "BU90210101": """
        Marktkade, Binnensingel, Ossenmarkt, Lange Hoogstraat, Buitensingel, Vestingwal, Korte
        Hoogstraat, Kerkstraat, Visbank, Bakkerssteeg, Zoutsteeg, Lindepoort, Nieuwstraat,
        Kloosterstraat, Walstraat, Turfmarkt, Achter de Wal, Bleekstraat, Stoofsteeg,
        Waagstraat, Gasthuisstraat, Weeshuisstraat, Hofstraat, Torenstraat, Schoolsteeg,
        Brouwersgang, Lindegracht, Raamstraat, Doelenstraat, Grachtpad, Minnebroersteeg, Sint-
        Annastraat, Kuipersteeg, Verversgang, Komenijstraat, Rozemarijnsteeg, Lombardstraat
    """,
    "BU90210102": """
        Lindekade, Havenstraat, Havenlaan, Touwslagersbaan, Zeilmakersstraat, Pakhuisstraat,
        Kraanstraat, Scheepswerf, Ankerstraat, Kompasstraat, Loodsstraat, Sextantstraat,
        Taanstraat, Teerkade, Bokkingstraat, Kielstraat, Roerstraat, Masthof, Vlondersteiger,
        Breeuwersstraat, Takelstraat, Kuipersstraat, Boeistraat, Dregstraat, Lantaarnkade,
        Palstraat, Sleepbootstraat, Vislaan, Zoutkeet
    """,
    "BU90210200": """
        Merelstraat, Lijsterstraat, Vinkstraat, Spreeuwstraat, Leeuwerikstraat, Kievitstraat,
        Karekietstraat, Zwaluwlaan, Meeuwstraat, Koekoekstraat, Roodborststraat
    """,
    "BU90210201": """
        Vioolstraat, Hobostraat, Klarinetstraat, Fagotstraat, Cellostraat, Harpstraat,
        Fluitstraat, Trompetlaan, Hoornstraat, Paukenstraat, Citerstraat, Luitstraat
    """,
    "BU90210202": """
        Rozenlaan, Rozenstraat, Lijsterbesstraat, Tulpstraat, Dahliastraat, Irisstraat,
        Asterstraat, Lelielaan, Violenstraat, Anjerstraat, Begoniastraat, Fresiastraat,
        Lavendelstraat, Narcisstraat, Hyacintstraat, Petuniastraat, Margrietstraat,
        Klaproosstraat, Ranonkelstraat, Zinniastraat, Primulastraat, Papaverstraat,
        Goudsbloemstraat, Kamperfoeliestraat, Jasmijnstraat, Campanulastraat, Gentiaanstraat,
        Lupinestraat, Ridderspoorlaan, Akeleistraat, Krokusstraat, Hortensialaan,
        Sneeuwklokstraat, Blauweregenstraat
    """,
    "BU90210203": """
        Parklaan, Beukenlaan, Eikenlaan, Lindelaan, Kastanjelaan, Essenlaan, Plataanlaan,
        Iepenlaan, Berkenlaan, Acacialaan, Hazelaarlaan, Meidoornlaan, Olmenlaan, Vlierlaan,
        Larikslaan, Sparrenlaan, Dennenlaan, Wilgenlaan
    """,
    "BU90210302": """
        Molenweg, Molenstraat, Molenpad, Wiekslag, Korenstraat, Bovenkruier, Maalsteen,
        Kapschuur, Standermolen, Wipmolen, Stellinghof, Tarwestraat, Roggestraat, Haverstraat,
        Gerststraat, Boekweitstraat, Spelthof, Zaaierstraat, Maaierstraat, Dorsvloer,
        Schovenstraat, Vang, Windpeluw, Kruilat, Roosmolen, Vijzel, Korenmaat, Graanhof,
        Meelzak, Steenlaan, Bonkelaar, Spoorwiel, Kammenstraat
    """,
    "BU90210309": "Oude Zeeweg",
    "BU90210400": """
        Waterlelielaan, Oeverlaan, Spiegelkade, Zilvermeer, Plasweg, Waaiersluis, Golfbreker,
        Kabbelbeek, Stroomzicht, Bronstraat, Dobberlaan, Kolkstraat, Wielstraat, Duikersloot,
        Branding, Schuimkop, Getijstraat, Ebstraat, Vloedstraat, Deining, Vaargeul,
        Watervalstraat, Bekken, Oeverpad, Rimpeling, Kreekstraat, Beekzoom, Lagunelaan,
        Fjordstraat, Springtij, Doodtij, Waterspiegel, Meerzicht, Zeegat, Priel, Slenk, Plashof,
        Kolkhof, Regenboog, Druppel
    """,
    "BU90210401": """
        Rietlaan, Lisdodde, Pijlkruid, Kalmoes, Zegge, Watermunt, Zwanebloem, Gele Plomp,
        Dotterbloem, Waterviolier, Krabbenscheer, Kattenstaart, Moerasvaren, Biezenveld,
        Mattenbies, Egelskop, Blauwborst, Rietgors, Roerdomp, Baardman, Waterral, Fuutoever,
        Meerkoetoever, Waterhoenoever, Snoroever, IJsvogeloever, Rietvoorn, Zeelt, Bittervoorn,
        Wolfspoot
    """,
    "BU90210409": "Noorderdijk",
}

ERF_STEMS: dict[str, str] = {
    "BU90210300": """
        Wever, Spinner, Kuiper, Mandenmaker, Pottenbakker, Klompenmaker, Bezembinder,
        Rietdekker, Zadelmaker, Leerlooier, Kaarsenmaker, Zeepzieder, Verver, Volder,
        Koperslager, Tinnegieter, Zilversmid, Glasblazer, Boekbinder, Drukker, Papiermaker,
        Imker, Herder, Kaasmaker, Karner, Slager, Molenaar, Brouwer, Mulder, Zager, Timmerman,
        Metselaar, Leidekker, Stukadoor, Schilder, Steenhouwer, Hovenier, Veldwachter,
        Marskramer, Speldenmaker, Koetsier, Voerman, Veerman, Schipper, Visser, Nettenboeter,
        Turfsteker, Dijkwerker, Sluiswachter, Lantaarnopsteker, Klokkengieter, Scharenslijper,
        Hoedenmaker, Handschoenmaker, Knopenmaker, Borduurder, Kantwerker, Kleermaker,
        Lakenkoper, Barbier, Apotheker, Kruidenier, Grutter, Olieslager, Lucifermaker,
        Pannenbakker, Tegelbakker, Tichelaar, Zoutzieder, Suikerbakker
    """,
    "BU90210301": """
        Appel, Peren, Pruimen, Kersen, Kweeperen, Bessen, Bramen, Frambozen, Moerbei, Mispel,
        Noten, Amandel, Abrikoos, Perzik, Druiven, Vijgen, Aardbei, Kruisbes, Vlierbes,
        Duindoorn, Rozenbottel, Hazelnoot, Walnoot, Kastanje, Tijm, Salie, Munt, Dille, Kervel,
        Bieslook, Dragon, Venkel, Anijs, Karwij, Mosterd, Majoraan, Rozemarijn, Basilicum,
        Selderij, Peterselie, Kamille, Citroen, Goudreinet, Bellefleur
    """,
}
ERF_SUFFIX = {"BU90210300": "serf", "BU90210301": "hof"}


def street_names(code: str) -> list[str]:
    """The names of one neighbourhood, ready to hand out; "Korte ..." where they run short."""
    if code in ERF_STEMS:
        return [f"{stem}{ERF_SUFFIX[code]}" for stem in _listed(ERF_STEMS[code])]
    names = _listed(STREETS[code])
    single = [name for name in names if name.endswith(("straat", "laan")) and " " not in name]
    return [*names, *(f"Korte {name}" for name in single if f"Korte {name}" not in names)]


def _listed(names: str) -> list[str]:
    return [" ".join(name.split()) for name in names.split(",")]
